import type { CompactionRow, NoticeRow } from "../../rows";
import { fill, h } from "../dom";
import type { Host } from "../host";
import { icon } from "../icons";
import { MarkdownView } from "../markdownView";
import type { RowView } from "./row";

/** Something Dispatch itself has to say; an error that may pass offers to try again. */
export class NoticeView implements RowView<NoticeRow> {
  readonly element = h("div", { class: "row notice", role: "note" });

  constructor(private readonly host: Host) {}

  show(row: NoticeRow): void {
    this.element.dataset["level"] = row.level;
    const retry = h("button", { class: "button quiet", type: "button", onclick: () => this.host.send({ type: "retry" }) }, icon("retry"), "Send again");
    fill(this.element, icon(row.level), h("span", { class: "notice-text" }, row.text), row.retry && retry);
  }
}

/** Where the older part of the conversation was summed up. */
export class CompactionView implements RowView<CompactionRow> {
  readonly element: HTMLDetailsElement;
  private readonly markdown: MarkdownView;

  constructor(host: Host) {
    this.markdown = new MarkdownView(host);
    this.element = h(
      "details",
      { class: "row thought" },
      h("summary", {}, icon("list"), h("span", { class: "label" }, "Earlier messages were summarised"), icon("chevron")),
      h("div", { class: "detail" }, this.markdown.element),
    );
  }

  show(row: CompactionRow): void {
    this.markdown.finish(row.summary);
  }
}
