import type { CallStatus } from "../../protocol";
import type { ToolRow } from "../../rows";
import { patchSize } from "../../text/patch";
import { visibleLine } from "../../text/visible";
import { fill, h } from "../dom";
import type { Host } from "../host";
import { icon, spinner, type IconName } from "../icons";
import { Details, Diagnostics, Diff, Output, type Part } from "./parts";
import type { RowView } from "./row";

const STATUS: { [status in Exclude<CallStatus, "running">]: [IconName, string] } = {
  pending: ["clock", "Waiting"],
  completed: ["check", "Done"],
  failed: ["cross", "Failed"],
  denied: ["denied", "Denied"],
  cancelled: ["denied", "Cancelled"],
  interrupted: ["warning", "Interrupted, outcome unknown"],
};

/** One call of a tool: a line that unfolds into arguments, output, diff and problems. */
export class ToolView implements RowView<ToolRow> {
  readonly element: HTMLDetailsElement;
  private readonly summary = h("summary", {});
  private readonly parts: Part[];
  private row: ToolRow | undefined;
  /** What the user chose goes before what we would unfold. */
  private chosen = false;

  constructor(host: Host) {
    this.parts = [new Diff(host), new Output(host), new Diagnostics(host), new Details(host)];
    this.summary.addEventListener("click", () => (this.chosen = true));
    this.element = h(
      "details",
      { class: "row tool", ontoggle: () => this.drawParts() },
      this.summary,
      h("div", { class: "detail" }, ...this.parts.map((part) => part.element)),
    );
  }

  show(row: ToolRow): void {
    this.row = row;
    this.element.dataset["status"] = row.status;
    this.element.dataset["kind"] = row.toolKind;
    fill(
      this.summary,
      icon(row.toolKind in ICONS ? ICONS[row.toolKind] : "other"),
      h("span", { class: "label", title: row.title || row.tool }, visibleLine(row.title || row.tool, 400)),
      ...facts(row),
      statusMark(row),
      icon("chevron"),
    );
    if (!this.chosen) this.element.open = unfolds(row);
    this.drawParts();
  }

  private drawParts(): void {
    if (this.row === undefined || !this.element.open) return;
    for (const part of this.parts) part.show(this.row);
  }
}

const ICONS: { [kind in ToolRow["toolKind"]]: IconName } = {
  read: "read", edit: "edit", delete: "delete", move: "move", search: "search", execute: "execute", think: "think", fetch: "fetch", other: "other",
};

/** What changes something is shown; what only looks is a line. */
function unfolds(row: ToolRow): boolean {
  if (row.toolKind === "execute") return row.status !== "pending" && row.output !== "";
  return row.diff !== undefined || row.status === "failed";
}

function statusMark(row: ToolRow): HTMLElement {
  const mark = h("span", { class: "status" });
  if (row.status === "running" || (row.status === "pending" && row.live && row.title === row.tool)) mark.append(spinner());
  else {
    const [name, label] = STATUS[row.status] ?? (["info", row.status] as [IconName, string]);
    mark.append(icon(name, label));
    mark.title = label;
  }
  return mark;
}

function facts(row: ToolRow): HTMLElement[] {
  const found: HTMLElement[] = [];
  if (typeof row.diff === "string") {
    const { added, removed } = patchSize(row.diff);
    if (added) found.push(h("span", { class: "fact added" }, `+${added}`));
    if (removed) found.push(h("span", { class: "fact removed" }, `−${removed}`));
  }
  if (row.diagnostics?.fixed.length) found.push(h("span", { class: "fact good" }, `${row.diagnostics.fixed.length} fixed`));
  if (row.diagnostics?.new.length) found.push(h("span", { class: "fact bad" }, `${row.diagnostics.new.length} new`));
  if (row.exitCode !== undefined) found.push(h("span", { class: `fact ${row.exitCode === 0 ? "good" : "bad"}` }, `exit ${row.exitCode}`));
  return found;
}
