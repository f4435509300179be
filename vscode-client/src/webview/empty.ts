/** What an empty chat shows: what can be done here. */

import { h } from "./dom";
import type { Host } from "./host";
import { icon } from "./icons";

const SUGGESTIONS = ["Run the tests and fix what fails", "Explain how this project is built up", "Find and fix the type errors"];

export function emptyState(host: Host, suggest: (text: string) => void): HTMLElement {
  return h(
    "div",
    { class: "empty" },
    h("div", { class: "empty-mark" }, icon("dispatch")),
    h("h2", {}, "What should be done?"),
    h("p", {}, "The agent sees the problems your editor sees, and asks before it changes or runs anything."),
    h("div", { class: "suggestions" }, ...SUGGESTIONS.map((text) => h("button", { class: "suggestion", type: "button", onclick: () => suggest(text) }, text))),
    h("button", { class: "link", type: "button", onclick: () => host.command("dispatch.session.pick") }, "Open an earlier conversation"),
  );
}
