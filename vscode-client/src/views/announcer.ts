/** Tells of a request for permission while the chat is not to be seen (EDIT-3). */

import * as vscode from "vscode";
import type { Operation, Permission } from "../protocol";
import type { Requests } from "../requests";

const WORDS: { [operation in Operation]: string } = {
  read: "read a file",
  write: "change a file",
  execute: "run a command",
  network: "reach the network",
  summon: "start another agent",
};

export interface Answering {
  isChatVisible(): boolean;
  answer(): Promise<void>;
  openChat(permission: Permission): Promise<void>;
}

export class Announcer implements vscode.Disposable {
  private readonly told = new Set<string>();
  private notifying = false;
  private readonly subscription: vscode.Disposable;

  constructor(
    private readonly requests: Requests,
    private readonly answering: Answering,
  ) {
    this.subscription = requests.onDidChange(() => void this.announce());
  }

  dispose(): void {
    this.subscription.dispose();
  }

  private async announce(): Promise<void> {
    const fresh = this.requests.all.filter((permission) => !this.told.has(permission.permissionId));
    for (const permission of fresh) this.told.add(permission.permissionId);
    const [first] = fresh;
    if (first === undefined || this.answering.isChatVisible()) return;
    const how = vscode.workspace.getConfiguration("dispatch").get<string>("permissions.whenHidden");
    if (how === "quickPick") await this.answering.answer();
    else if (how !== "badge") await this.notify(first);
  }

  /** Says what kind of thing is asked, never the thing itself: notifications draw links and commands out of text. */
  private async notify(permission: Permission): Promise<void> {
    if (this.notifying) return;
    this.notifying = true;
    const what = WORDS[permission.operation] ?? "do something";
    const choice = await vscode.window.showInformationMessage(`Dispatch asks for permission to ${what}.`, "Answer…", "Open Chat");
    this.notifying = false;
    if (choice === "Answer…") await this.answering.answer();
    else if (choice === "Open Chat") await this.answering.openChat(permission);
  }
}
