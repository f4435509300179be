/** Where the user writes. Enter sends, Shift+Enter makes a new line, Escape stops the agent. */

import type { Attachment, Header, ServerView } from "../rows";
import { fill, h } from "./dom";
import type { Host } from "./host";
import { icon } from "./icons";

export class Composer {
  readonly element: HTMLElement;
  private readonly input: HTMLTextAreaElement;
  private readonly chips = h("div", { class: "chips" });
  private readonly button: HTMLButtonElement;
  private readonly note = h("div", { class: "composer-note", role: "status" });
  private readonly hint = h("span", { class: "composer-hint" });
  private attachments: Attachment[];
  private busy = false;
  private ready = false;
  /** The message whose arrival has not been confirmed. */
  private sending: string | undefined;

  constructor(private readonly host: Host) {
    const draft = host.draft;
    this.attachments = draft.attachments;
    this.input = h("textarea", { rows: "1", placeholder: "Ask Dispatch", "aria-label": "Message to the agent", oninput: () => this.edited(), onkeydown: (event) => this.pressed(event) });
    this.input.value = draft.text;
    this.button = h("button", { class: "send", type: "button", onclick: () => this.act() });
    this.element = h(
      "div",
      { class: "composer" },
      this.note,
      h("div", { class: "composer-box" }, this.chips, this.input, h("div", { class: "composer-bar" }, this.hint, this.button)),
    );
    this.draw();
  }

  showHeader(header: Header | null): void {
    this.busy = header !== null && ["running", "waiting", "waiting_for_key"].includes(header.state);
    this.draw();
  }

  showServer(server: ServerView): void {
    this.ready = server.state === "ready";
    this.draw();
  }

  focus(): void {
    this.input.focus();
  }

  /** Put a text there to be sent or changed. */
  suggest(text: string): void {
    this.input.value = text;
    this.edited();
    this.focus();
  }

  attach(attachment: Attachment): void {
    if (!this.attachments.some(({ label }) => label === attachment.label)) this.attachments.push(attachment);
    this.edited();
    this.focus();
  }

  /** The server has the message, or could not take it: then the text stays. */
  prompted(messageId: string, error: string | undefined): void {
    if (messageId !== this.sending) return;
    this.sending = undefined;
    fill(this.note, error);
    if (error === undefined) {
      this.input.value = "";
      this.attachments = [];
    }
    this.edited();
  }

  private get written(): boolean {
    return this.input.value.trim() !== "" || this.attachments.length > 0;
  }

  private act(): void {
    if (this.busy && !this.written) this.host.send({ type: "stop" });
    else this.submit();
  }

  private submit(): void {
    if (!this.ready || !this.written || this.sending !== undefined) return;
    this.sending = crypto.randomUUID();
    fill(this.note);
    this.host.send({ type: "prompt", messageId: this.sending, text: this.input.value.trim(), attachments: this.attachments });
    this.draw();
  }

  private pressed(event: KeyboardEvent): void {
    if (event.isComposing) return;
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      if (!event.repeat) this.submit();
    } else if (event.key === "Escape" && this.busy) {
      event.preventDefault();
      this.host.send({ type: "stop" });
    }
  }

  private edited(): void {
    this.host.draft = { text: this.input.value, attachments: this.attachments };
    this.draw();
    this.input.style.height = "auto";
    this.input.style.height = `${this.input.scrollHeight}px`;
  }

  private draw(): void {
    const stops = this.busy && !this.written;
    fill(this.button, icon(stops ? "stop" : "send"));
    const label = stops ? "Stop (Escape)" : this.busy ? "Add to the queue (Enter)" : "Send (Enter)";
    this.button.title = label;
    this.button.setAttribute("aria-label", label);
    this.button.classList.toggle("stops", stops);
    this.button.disabled = !stops && (!this.ready || !this.written || this.sending !== undefined);
    fill(this.hint, this.busy ? "Escape stops" : "");
    fill(this.chips, ...this.attachments.map((attachment) => this.chip(attachment)));
  }

  private chip(attachment: Attachment): HTMLElement {
    const remove = () => {
      this.attachments = this.attachments.filter((each) => each !== attachment);
      this.edited();
    };
    return h("span", { class: "chip" }, icon("file"), h("span", { class: "chip-text" }, attachment.label), h("button", { class: "chip-remove", type: "button", "aria-label": `Remove ${attachment.label}`, onclick: remove }, icon("cross")));
  }
}
