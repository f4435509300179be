import type { ThoughtRow } from "../../rows";
import { h } from "../dom";
import type { Host } from "../host";
import { icon } from "../icons";
import { MarkdownView } from "../markdownView";
import type { RowView } from "./row";

/** What the model thought: folded, drawn when it is unfolded. */
export class ThoughtView implements RowView<ThoughtRow> {
  readonly element: HTMLDetailsElement;
  private readonly label = document.createTextNode("Thinking");
  private readonly markdown: MarkdownView;
  private row: ThoughtRow | undefined;

  constructor(host: Host) {
    this.markdown = new MarkdownView(host);
    this.element = h(
      "details",
      { class: "row thought", ontoggle: () => this.draw() },
      h("summary", {}, icon("think"), h("span", { class: "label" }, this.label), icon("chevron")),
      h("div", { class: "detail" }, this.markdown.element),
    );
  }

  show(row: ThoughtRow): void {
    this.row = row;
    this.element.classList.toggle("live", row.live);
    this.label.data = row.live ? "Thinking…" : "Thought";
    this.draw();
  }

  private draw(): void {
    if (!this.element.open || this.row === undefined) return;
    if (this.row.live) this.markdown.show(this.row.text);
    else this.markdown.finish(this.row.text);
  }
}
