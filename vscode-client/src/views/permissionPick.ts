/** Requests for permission as quick picks: one at a time; leaving one is no answer, and is not a "no" either. */

import * as vscode from "vscode";
import type { Permission, PermissionOption } from "../protocol";
import type { Requests } from "../requests";
import { visible, visibleLine, withoutIcons } from "../text/visible";

/** Milliseconds in which a key that was meant for something else decides nothing (PI-07). */
export const ARM_DELAY = 400;

interface Choice extends vscode.QuickPickItem {
  option?: PermissionOption;
}

export class PermissionPick implements vscode.Disposable {
  private showing: { permissionId: string; pick: vscode.QuickPick<Choice> } | undefined;
  private readonly subscription: vscode.Disposable;

  constructor(
    private readonly requests: Requests,
    private readonly log: vscode.LogOutputChannel,
  ) {
    this.subscription = requests.onDidChange(() => {
      if (this.showing && !requests.isOpen(this.showing.permissionId)) this.showing.pick.hide();
    });
  }

  /** Go through the open requests until one is left unanswered. */
  async answerAll(): Promise<void> {
    if (this.showing) return;
    for (let next = this.requests.all[0]; next; next = this.requests.all[0]) {
      const choice = await this.choose(next);
      if (choice === undefined && this.requests.isOpen(next.permissionId)) return;
      if (choice?.option && this.requests.isOpen(next.permissionId)) await this.reply(next, choice.option);
    }
  }

  dispose(): void {
    this.subscription.dispose();
    this.showing?.pick.dispose();
  }

  private async reply(permission: Permission, { decision, scope }: PermissionOption): Promise<void> {
    const accepted = await this.requests.reply(permission.permissionId, decision, scope);
    if (!accepted) void vscode.window.showInformationMessage("Dispatch: that request was answered elsewhere already.");
    this.log.info(`permission ${permission.permissionId}: ${decision} (${scope})${accepted ? "" : ", too late"}`);
  }

  private choose(permission: Permission): Promise<Choice | undefined> {
    const pick = vscode.window.createQuickPick<Choice>();
    this.showing = { permissionId: permission.permissionId, pick };
    pick.title = `Dispatch: ${visibleLine(permission.title, 120)}`;
    pick.placeholder = visibleLine(permission.reason || permission.title);
    pick.ignoreFocusOut = true;
    pick.items = choicesOf(permission);
    // what Enter takes without a look is a "no"
    pick.activeItems = pick.items.filter((item) => item.option?.decision === "deny").slice(0, 1);
    const armed = Date.now() + ARM_DELAY;
    return new Promise((resolve) => {
      let chosen: Choice | undefined;
      pick.onDidAccept(() => {
        const item = pick.activeItems[0];
        if (Date.now() < armed || item?.option === undefined) return;
        chosen = item;
        pick.hide();
      });
      pick.onDidHide(() => {
        this.showing = undefined;
        pick.dispose();
        resolve(chosen);
      });
      pick.show();
    });
  }
}

/** The server's options, below what they are about, whole and with nothing hidden. */
export function choicesOf(permission: Permission): Choice[] {
  const target = visible(permission.target).split("\n").map((line) => ({ label: withoutIcons(line), alwaysShow: true }));
  const options = permission.options.map((option) => ({
    option,
    alwaysShow: true,
    label: `${option.decision === "allow" ? "$(check)" : "$(circle-slash)"} ${withoutIcons(visibleLine(option.label))}`,
    detail: option.preview === undefined ? undefined : withoutIcons(visibleLine(option.preview)),
  }));
  const heading = (label: string) => ({ label, kind: vscode.QuickPickItemKind.Separator });
  return [...options, heading(`to ${permission.operation}`), ...target];
}
