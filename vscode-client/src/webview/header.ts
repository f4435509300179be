/** Title, agent, model, key and cost of the conversation. */

import type { Header } from "../rows";
import { money, tokens } from "../text/figures";
import { visibleLine } from "../text/visible";
import { fill, h } from "./dom";
import type { Host } from "./host";
import { icon } from "./icons";

export class HeaderView {
  readonly element = h("header", { class: "header" });

  constructor(private readonly host: Host) {}

  show(header: Header | null): void {
    this.element.hidden = header === null;
    if (header === null) return;
    fill(
      this.element,
      h("h1", { class: "title", title: header.title }, visibleLine(header.title || "New conversation", 200)),
      h(
        "div",
        { class: "facts" },
        this.choice(header.agent, "Agent", "dispatch.agent.pick"),
        this.choice(header.model ?? "no model", "Model", "dispatch.model.pick"),
        header.key !== undefined && h("span", { class: "key", title: `Key: ${header.key}` }, header.key),
        h("span", { class: "spent", title: `${header.tokens.toLocaleString("en")} tokens` }, header.cost === undefined ? `${tokens(header.tokens)} tokens` : money(header.cost)),
      ),
    );
  }

  private choice(text: string, what: string, command: "dispatch.agent.pick" | "dispatch.model.pick"): HTMLElement {
    return h("button", { class: "choice", type: "button", title: `${what}: ${text}`, onclick: () => this.host.command(command) }, text, icon("chevron"));
  }
}
