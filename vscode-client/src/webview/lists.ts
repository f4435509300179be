/** Above the composer: the messages that wait, and the agent's to-do list. */

import type { QueuedMessage, Todo } from "../protocol";
import { iconButton } from "./code";
import { fill, h } from "./dom";
import type { Host } from "./host";
import { icon, spinner } from "./icons";

export class Queue {
  readonly element = h("div", { class: "queue", "aria-label": "Queued messages" });

  constructor(private readonly host: Host) {}

  show(queue: readonly QueuedMessage[]): void {
    this.element.hidden = queue.length === 0;
    fill(this.element, ...queue.map((message) => this.line(message)));
  }

  private line({ messageId, content, delivery }: QueuedMessage): HTMLElement {
    const text = content.map((part) => (part.type === "text" ? part.text : `[${part.type}]`)).join(" ");
    const remove = () => this.host.send({ type: "unqueue", messageId });
    return h("div", { class: "queued" }, icon("clock"), h("span", { class: "queued-text", title: text }, text), h("span", { class: "fact" }, delivery === "steer" ? "next step" : "queued"), iconButton("cross", "Remove from the queue", remove));
  }
}

export class Todos {
  readonly element: HTMLDetailsElement;
  private readonly label = h("span", { class: "label" });
  private readonly list = h("ul", {});

  constructor() {
    this.element = h("details", { class: "todos" }, h("summary", {}, icon("list"), this.label, icon("chevron")), this.list);
    this.element.hidden = true;
  }

  show(todos: readonly Todo[]): void {
    this.element.hidden = todos.length === 0;
    const done = todos.filter((todo) => todo.status === "completed").length;
    const current = todos.find((todo) => todo.status === "in_progress");
    fill(this.label, `${done} of ${todos.length} done`, current && ` · ${current.text}`);
    fill(this.list, ...todos.map((todo) => h("li", { "data-status": todo.status }, mark(todo), h("span", {}, todo.text))));
  }
}

function mark({ status }: Todo): Node {
  if (status === "in_progress") return spinner("In progress");
  return icon(status === "completed" ? "check" : status === "cancelled" ? "cross" : status === "blocked" ? "warning" : "clock", status);
}
