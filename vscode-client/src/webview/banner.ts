/** What stands between the user and a working chat, and the button that helps. */

import type { WebviewCommand } from "../messages";
import type { ServerView } from "../rows";
import { fill, h } from "./dom";
import type { Host } from "./host";
import { icon, spinner } from "./icons";

export class Banner {
  readonly element = h("div", { class: "banner", role: "status" });

  constructor(private readonly host: Host) {}

  show(server: ServerView): void {
    const { level, text, buttons } = bannerOf(server);
    this.element.hidden = text === "";
    this.element.dataset["level"] = level;
    fill(
      this.element,
      server.state === "starting" ? spinner("Starting") : icon(level),
      h("div", { class: "banner-body" }, h("span", {}, text), buttons.length > 0 && h("div", { class: "banner-buttons" }, ...buttons.map(([label, command]) => this.button(label, command)))),
    );
  }

  private button(label: string, command: WebviewCommand): HTMLElement {
    return h("button", { class: "button secondary", type: "button", onclick: () => this.host.command(command) }, label);
  }
}

interface Content {
  level: "info" | "warning" | "error";
  text: string;
  buttons: [string, WebviewCommand][];
}

function bannerOf(server: ServerView): Content {
  switch (server.state) {
    case "starting":
      return { level: "info", text: "Starting the Dispatch server…", buttons: [] };
    case "missing":
      return { level: "warning", text: `The Dispatch server is not installed. ${server.detail ?? ""}`, buttons: [["Install", "dispatch.server.install"], ["Try Again", "dispatch.server.restart"]] };
    case "failed":
      return { level: "error", text: server.detail ?? "The Dispatch server failed.", buttons: [["Restart", "dispatch.server.restart"], ["Show Log", "dispatch.server.showLog"]] };
    case "stopped":
      return { level: "warning", text: "The Dispatch server is not running.", buttons: [["Restart", "dispatch.server.restart"], ["Show Log", "dispatch.server.showLog"]] };
    case "ready":
      if (!server.trusted) return { level: "info", text: "This workspace is not trusted: no language server starts.", buttons: [["Manage Trust", "dispatch.trust.manage"]] };
      return { level: "info", text: server.modelHint ?? "", buttons: server.modelHint ? [["Get Started", "dispatch.walkthrough.open"]] : [] };
  }
}
