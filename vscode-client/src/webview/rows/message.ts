import type { Content, MessageRow } from "../../rows";
import { visibleLine } from "../../text/visible";
import { copyButton } from "../code";
import { fill, h } from "../dom";
import type { Host } from "../host";
import { icon } from "../icons";
import { MarkdownView } from "../markdownView";
import type { RowView } from "./row";

/** What the user said, as he said it; what the agent said, as Markdown. */
export class MessageView implements RowView<MessageRow> {
  readonly element: HTMLElement;
  private readonly markdown: MarkdownView | undefined;
  private readonly plain = document.createTextNode("");
  private readonly chips = h("div", { class: "chips" });
  private readonly note = h("div", { class: "note" });
  private row: MessageRow | undefined;

  constructor(host: Host, role: MessageRow["role"]) {
    const mine = role === "user";
    this.markdown = mine ? undefined : new MarkdownView(host);
    this.element = h(
      "article",
      { class: `row message ${role}`, "aria-label": mine ? "You" : "Dispatch" },
      mine && this.chips,
      this.markdown?.element ?? h("div", { class: "said" }, this.plain),
      this.note,
      !mine && h("div", { class: "row-actions" }, copyButton(host, () => this.row?.text ?? "")),
    );
  }

  show(row: MessageRow): void {
    this.row = row;
    this.element.classList.toggle("live", row.live);
    if (this.markdown === undefined) this.plain.data = wordsOf(row);
    else if (row.live) this.markdown.show(row.text);
    else this.markdown.finish(row.text);
    fill(this.chips, ...row.attachments.map(chip));
    fill(this.note, row.truncated && "The answer was cut off here.");
  }
}

/** What the user wrote; the text also has what the model reads of the attachments. */
function wordsOf({ text, attachments }: MessageRow): string {
  if (attachments.length === 0) return text;
  return attachments.map((content) => (content.type === "text" ? content.text : "")).filter(Boolean).join("\n\n");
}

function chip(content: Content): HTMLElement | undefined {
  const label = labelOf(content);
  return label === undefined ? undefined : h("span", { class: "chip", title: label }, icon(content.type === "diagnostic" ? "warning" : "file"), h("span", { class: "chip-text" }, label));
}

function labelOf(content: Content): string | undefined {
  switch (content.type) {
    case "selection":
      return `${fileName(content.uri)}:${content.range.start.line + 1}–${content.range.end.line + 1}`;
    case "diagnostic":
      return `${fileName(content.problem.uri)}:${content.problem.line} ${visibleLine(content.problem.message, 120)}`;
    case "file":
    case "image":
      return fileName(content.uri ?? content.type);
    default:
      return undefined;
  }
}

export function fileName(uri: string): string {
  try {
    return decodeURIComponent(uri.split("/").at(-1) ?? uri);
  } catch {
    return uri;
  }
}
