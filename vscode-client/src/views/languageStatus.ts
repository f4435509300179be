/** The language status (the braces in the status bar): which real language servers Dispatch runs. */

import * as vscode from "vscode";
import type { Client } from "../client";
import type { LanguageServerStatus, LanguageStatus } from "../protocol";

/** Milliseconds, while a server is still starting. */
const ASK_AGAIN = 2_000;

export class LanguageServers implements vscode.Disposable {
  private readonly item = vscode.languages.createLanguageStatusItem("dispatch.languages", { scheme: "file" });
  private readonly subscription: vscode.Disposable;
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly client: Client, private readonly log: vscode.LogOutputChannel) {
    this.item.name = "Dispatch";
    this.item.text = "Dispatch";
    this.item.command = { command: "dispatch.server.showLog", title: "Show Log" };
    this.subscription = vscode.window.onDidChangeActiveTextEditor(() => void this.refresh());
  }

  /** Ask the server again. */
  async refresh(): Promise<void> {
    clearTimeout(this.timer);
    if (this.client.state.state !== "ready") {
      this.item.detail = "The Dispatch server is not running";
      this.item.busy = false;
      return;
    }
    try {
      this.show(await this.client.request("dispatch/language/status", {}));
    } catch (error) {
      this.log.debug(`language status: ${String(error)}`);
    }
  }

  dispose(): void {
    clearTimeout(this.timer);
    this.subscription.dispose();
    this.item.dispose();
  }

  private show({ servers, trusted }: LanguageStatus): void {
    const starting = servers.some((server) => server.state === "starting");
    const broken = servers.some((server) => server.state === "failed" || server.state === "absent");
    this.item.busy = starting;
    this.item.severity = broken ? vscode.LanguageStatusSeverity.Warning : vscode.LanguageStatusSeverity.Information;
    this.item.detail = trusted ? servers.map(line).join(", ") || "no language server needed yet" : "no language servers: the workspace is not trusted";
    if (starting) this.timer = setTimeout(() => void this.refresh(), ASK_AGAIN);
  }
}

function line({ server, state, version, hint }: LanguageServerStatus): string {
  if (state === "ready") return version ? `${server} ${version}` : server;
  return hint ? `${server}: ${state}, ${hint}` : `${server}: ${state}`;
}
