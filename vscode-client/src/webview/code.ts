/** A block of code with its buttons. */

import { h, setText } from "./dom";
import type { Host } from "./host";
import { icon } from "./icons";

const VIEWS = new WeakMap<HTMLElement, CodeBlock>();

export class CodeBlock {
  readonly element: HTMLElement;
  private readonly text: Text;

  constructor(host: Host, text: string, language: string) {
    this.text = document.createTextNode(text);
    this.element = h(
      "div",
      { class: "code" },
      h(
        "div",
        { class: "code-bar" },
        h("span", { class: "code-language" }, language),
        copyButton(host, () => this.text.data),
        iconButton("insert", "Insert at the cursor", () => host.send({ type: "insert", text: this.text.data })),
      ),
      h("pre", { tabindex: "0" }, h("code", {}, this.text)),
    );
    VIEWS.set(this.element, this);
  }

  static of(element: HTMLElement): CodeBlock | undefined {
    return VIEWS.get(element);
  }

  show(text: string): void {
    setText(this.text, text);
  }
}

export function codeBlock(host: Host, text: string, language: string): HTMLElement {
  return new CodeBlock(host, text, language).element;
}

export function iconButton(name: Parameters<typeof icon>[0], label: string, onclick: (event: MouseEvent) => void): HTMLButtonElement {
  return h("button", { class: "icon-button", type: "button", title: label, "aria-label": label, onclick }, icon(name));
}

/** Copies, and says so for a moment. */
export function copyButton(host: Host, text: () => string): HTMLButtonElement {
  const button = iconButton("copy", "Copy", (event) => {
    event.preventDefault();
    event.stopPropagation();
    host.send({ type: "copy", text: text() });
    button.replaceChildren(icon("check"));
    setTimeout(() => button.replaceChildren(icon("copy")), 1200);
  });
  return button;
}
