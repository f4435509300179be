/** The status bar item: what the server and the agent do, what waits for the user, what it cost. */

import * as vscode from "vscode";
import type { ServerState } from "../client";
import type { Conversation } from "../state/conversation";
import { statusOf } from "../state/status";

export class StatusBar implements vscode.Disposable {
  private readonly item: vscode.StatusBarItem;

  constructor() {
    this.item = vscode.window.createStatusBarItem("dispatch.status", vscode.StatusBarAlignment.Right, 90);
    this.item.name = "Dispatch";
    this.item.show();
  }

  show(server: ServerState, conversation: Conversation | undefined, requests: number): void {
    const status = statusOf(server, conversation?.session, requests);
    this.item.text = status.text;
    this.item.tooltip = status.tooltip;
    this.item.command = status.command;
    this.item.accessibilityInformation = { label: status.text.replace(/\$\([^)]*\)\s*/g, "") };
    this.item.backgroundColor = status.urgent ? new vscode.ThemeColor("statusBarItem.warningBackground") : undefined;
  }

  dispose(): void {
    this.item.dispose();
  }
}
