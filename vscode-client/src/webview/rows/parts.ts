/** The parts of an unfolded tool call. Each shows itself only where there is something to show. */

import type { Blob, Problem } from "../../protocol";
import type { ToolRow } from "../../rows";
import { bytes } from "../../text/figures";
import { parsePatch } from "../../text/patch";
import { terminalText } from "../../text/terminal";
import { visible } from "../../text/visible";
import { copyButton } from "../code";
import { fill, h, setText } from "../dom";
import type { Host } from "../host";
import { icon } from "../icons";
import { fileName } from "./message";

export interface Part {
  readonly element: HTMLElement;
  show(row: ToolRow): void;
}

/** Characters of an output that are drawn; the rest is opened in an editor, or was cut by the server. */
const MOST_DRAWN = 64 * 1024;

/** What the tool said; of a command what it printed. */
export class Output implements Part {
  readonly element: HTMLElement;
  private readonly text = document.createTextNode("");
  private readonly command = h("div", { class: "command" });
  private readonly more = h("div", { class: "more" });
  private readonly pre: HTMLElement;
  private shown: string | Blob | undefined;

  constructor(private readonly host: Host) {
    this.pre = h("pre", { tabindex: "0" }, this.text);
    this.element = h("div", { class: "part output" }, this.command, this.pre, this.more, h("div", { class: "part-actions" }, copyButton(host, () => this.text.data)));
  }

  show(row: ToolRow): void {
    const command = commandOf(row);
    fill(this.command, command !== undefined && `$ ${visible(command)}`);
    // of a change the diff and the problems say it all; what the model was told is among the details
    this.element.hidden = changed(row) || (row.output === "" && command === undefined);
    this.pre.hidden = row.output === "";
    if (row.output === this.shown) return;
    this.shown = row.output;
    const blob = typeof row.output === "object" ? row.output : undefined;
    const raw = typeof row.output === "string" ? row.output : row.output.head;
    const atEnd = this.pre.scrollTop + this.pre.clientHeight >= this.pre.scrollHeight - 4;
    setText(this.text, terminalText(raw.length > MOST_DRAWN ? `…\n${raw.slice(-MOST_DRAWN)}` : raw));
    if (atEnd && row.live) this.pre.scrollTop = this.pre.scrollHeight;
    fill(this.more, blob && this.openAll(blob, row));
  }

  private openAll(blob: Blob, row: ToolRow): HTMLElement {
    const open = () => this.host.send({ type: "openBlob", blobId: blob.blobId, name: row.tool });
    return h("button", { class: "link", type: "button", onclick: open }, `Open all of it (${bytes(blob.size)})`);
  }
}

/** The command, where the row's own line does not show it whole. */
function commandOf({ toolKind, input, title }: ToolRow): string | undefined {
  const command = toolKind === "execute" && typeof input === "object" ? input["command"] : undefined;
  return typeof command === "string" && (!title.endsWith(command) || command.length > 40 || command.includes("\n")) ? command : undefined;
}

function changed(row: ToolRow): boolean {
  return row.diff !== undefined && row.status === "completed";
}

/** What was changed. */
export class Diff implements Part {
  readonly element = h("div", { class: "part diff" });
  private shown: ToolRow["diff"];

  constructor(private readonly host: Host) {}

  show(row: ToolRow): void {
    this.element.hidden = row.diff === undefined;
    if (row.diff === undefined || row.diff === this.shown) return;
    this.shown = row.diff;
    const text = typeof row.diff === "string" ? row.diff : row.diff.head;
    const blob = typeof row.diff === "object" ? row.diff : undefined;
    const open = blob && h("button", { class: "link", type: "button", onclick: () => this.host.send({ type: "openBlob", blobId: blob.blobId, name: "change.diff" }) }, `Open all of it (${bytes(blob.size)})`);
    fill(this.element, this.places(row), h("div", { class: "lines", role: "table", tabindex: "0" }, ...patchRows(text)), open);
  }

  private places(row: ToolRow): HTMLElement | undefined {
    const links = row.locations.map(({ uri, line }) =>
      h("button", { class: "link", type: "button", title: uri, onclick: () => this.host.send({ type: "openLocation", uri, line }) }, icon("file"), fileName(uri)),
    );
    return links.length ? h("div", { class: "places" }, ...links) : undefined;
  }
}

function patchRows(patch: string): HTMLElement[] {
  const lines = parsePatch(patch);
  // the first hunk needs no line between it and nothing
  const first = lines.findIndex((line) => line.kind === "hunk");
  return lines.slice(first + 1).map((line) => {
    if (line.kind === "hunk" || line.kind === "file") return h("div", { class: `line ${line.kind}` }, line.kind === "hunk" ? "⋯ " : "", line.text);
    const sign = line.kind === "added" ? "+" : line.kind === "removed" ? "−" : " ";
    const number = line.kind === "removed" ? line.before : line.after;
    return h("div", { class: `line ${line.kind}` }, h("span", { class: "number" }, String(number ?? "")), h("span", { class: "sign" }, sign), h("span", { class: "text" }, line.text));
  });
}

/** What the change did to the problems of the workspace. */
export class Diagnostics implements Part {
  readonly element = h("div", { class: "part problems" });

  constructor(private readonly host: Host) {}

  show(row: ToolRow): void {
    const change = row.diagnostics;
    this.element.hidden = change === undefined;
    if (change === undefined) return;
    const rest = [change.unchanged ? `${change.unchanged} as before` : "", change.status].filter(Boolean).join(" · ");
    const calm = change.new.length === 0 && change.fixed.length === 0;
    fill(
      this.element,
      ...change.fixed.map((problem) => this.line(problem, "fixed")),
      ...change.new.map((problem) => this.line(problem, "new")),
      h("div", { class: "rest" }, [calm ? "No problems added or fixed" : "", rest].filter(Boolean).join(" · ")),
    );
  }

  private line(problem: Problem, what: "fixed" | "new"): HTMLElement {
    const open = () => this.host.send({ type: "openLocation", uri: problem.uri, line: problem.line });
    return h(
      "button",
      { class: `problem ${what}`, type: "button", onclick: open },
      icon(what === "fixed" ? "check" : "error", what === "fixed" ? "Fixed" : "New"),
      h("span", { class: "problem-text" }, lines(problem.message)),
      h("span", { class: "place" }, `${fileName(problem.uri)}:${problem.line}`),
    );
  }
}

/** Hidden characters by name, lines as lines. */
function lines(text: string): string {
  return visible(text).replaceAll("⏎\n", "\n");
}

/** What the model asked for, as it asked; of a change also what it was told. */
export class Details implements Part {
  readonly element: HTMLDetailsElement;
  private readonly text = document.createTextNode("");

  constructor(host: Host) {
    this.element = h(
      "details",
      { class: "part arguments" },
      h("summary", {}, "Details", icon("chevron")),
      h("div", { class: "output" }, h("pre", { tabindex: "0" }, this.text), h("div", { class: "part-actions" }, copyButton(host, () => this.text.data))),
    );
  }

  show(row: ToolRow): void {
    const text = typeof row.input === "string" ? row.input : JSON.stringify(row.input, undefined, 2);
    const told = changed(row) && typeof row.output === "string" && row.output !== "" ? `\n\n${row.output}` : "";
    this.element.hidden = text === "" || text === "{}";
    setText(this.text, lines(text + told));
  }
}
