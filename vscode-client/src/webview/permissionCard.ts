/** A request for permission in the thread: what exactly, in plain sight; the server's options as buttons. */

import type { Operation, Permission, PermissionOption } from "../protocol";
import { visible, visibleLine, visiblePieces } from "../text/visible";
import { fill, h } from "./dom";
import type { Host } from "./host";
import { icon } from "./icons";

/** Milliseconds in which a click or key that was meant for something else decides nothing (PI-07). */
export const ARM_DELAY = 400;

const VERBS: { [operation in Operation]: string } = {
  read: "Read outside the workspace?",
  write: "Change this file?",
  execute: "Run this command?",
  network: "Reach the network?",
  summon: "Start another agent?",
};

export class PermissionCard {
  readonly element: HTMLElement;
  private readonly buttons: HTMLButtonElement[];
  private readonly note = h("div", { class: "card-note", role: "status" });
  private readonly why: HTMLInputElement;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private sent = false;

  constructor(
    private readonly host: Host,
    private readonly permission: Permission,
  ) {
    this.buttons = permission.options.map((option, index) => this.button(option, index));
    this.why = h("input", { class: "why", type: "text", placeholder: "Tell the agent what to do instead (sent with a “no”)", "aria-label": "Reason for denying", onkeydown: (event) => this.typed(event) });
    this.element = h(
      "section",
      { class: "card permission", role: "group", tabindex: "0", "aria-label": `Permission: ${permission.title}`, "data-permission": permission.permissionId, onkeydown: (event) => this.pressed(event) },
      h("div", { class: "card-title" }, icon("shield"), h("span", {}, VERBS[permission.operation] ?? permission.title)),
      target(permission),
      permission.reason !== "" && h("div", { class: "card-reason" }, permission.reason),
      h("div", { class: "card-buttons" }, ...this.buttons),
      written(permission),
      this.why,
      this.note,
    );
    this.arm();
  }

  /** Take no answer for a moment: the card is new, or has moved. */
  arm(): void {
    clearTimeout(this.timer);
    this.setArmed(false);
    this.timer = setTimeout(() => this.setArmed(true), ARM_DELAY);
  }

  /** The answer did not arrive, or came too late. */
  failed(error: string): void {
    this.sent = false;
    this.arm();
    fill(this.note, error);
  }

  private get armed(): boolean {
    return this.element.dataset["armed"] === "true";
  }

  private setArmed(armed: boolean): void {
    this.element.dataset["armed"] = String(armed);
    for (const button of this.buttons) button.setAttribute("aria-disabled", String(!armed));
  }

  private button(option: PermissionOption, index: number): HTMLButtonElement {
    return h(
      "button",
      { class: `button ${option.decision === "allow" ? (index === 0 ? "primary" : "secondary") : "quiet"}`, type: "button", title: option.preview ?? option.label, "data-decision": option.decision, "data-scope": option.scope, onclick: () => this.choose(option) },
      h("span", {}, visibleLine(option.label, 200)),
      h("kbd", { "aria-hidden": "true" }, String(index + 1)),
    );
  }

  private choose({ decision, scope }: PermissionOption): void {
    if (!this.armed || this.sent) return;
    this.sent = true;
    this.setArmed(false);
    const message = decision === "deny" ? this.why.value.trim() : "";
    this.host.send({ type: "reply", permissionId: this.permission.permissionId, decision, scope, ...(message ? { message } : {}) });
  }

  /** A digit chooses while the card itself has the focus; Enter alone never allows. */
  private pressed(event: KeyboardEvent): void {
    if (event.target !== this.element || event.repeat || event.ctrlKey || event.altKey || event.metaKey) return;
    const option = this.permission.options[Number(event.key) - 1];
    if (option === undefined) return;
    event.preventDefault();
    this.choose(option);
  }

  private typed(event: KeyboardEvent): void {
    if (event.key !== "Enter" || event.isComposing || event.repeat) return;
    event.preventDefault();
    const deny = this.permission.options.find((option) => option.decision === "deny");
    if (deny && this.why.value.trim() !== "") this.choose(deny);
  }
}

/** What an "always" would write into the user's configuration. */
function written({ options }: Permission): HTMLElement | undefined {
  const preview = options.find((option) => option.scope === "always" && option.decision === "allow")?.preview;
  return preview ? h("div", { class: "card-written" }, "“Always” writes ", h("code", {}, visible(preview).replaceAll("⏎\n", " · "))) : undefined;
}

/** The target whole: characters that hide or mislead are marked. */
function target({ target: text }: Permission): HTMLElement {
  const pieces = visiblePieces(text).map((piece) => (piece.marked ? h("span", { class: "marked", title: "not visible as it is" }, piece.text) : piece.text));
  return h("pre", { class: "target", tabindex: "0" }, ...pieces);
}
