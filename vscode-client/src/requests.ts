/** Requests for permission that are open anywhere in the workspace, oldest first. */

import * as vscode from "vscode";
import type { Client } from "./client";
import type { Decision, KnownEvent, Permission, Scope } from "./protocol";

export class Requests implements vscode.Disposable {
  private readonly open = new Map<string, Permission>();
  private readonly changed = new vscode.EventEmitter<readonly Permission[]>();

  /** The open requests changed. */
  readonly onDidChange = this.changed.event;

  constructor(private readonly client: Client) {
    client.on("dispatch/events", ({ events }) => this.follow(events as KnownEvent[]));
  }

  get all(): readonly Permission[] {
    return [...this.open.values()];
  }

  isOpen(permissionId: string): boolean {
    return this.open.has(permissionId);
  }

  /** Ask the server, once it is ready; from the tree on it tells of requests in all sessions. */
  async refresh(): Promise<void> {
    await this.client.request("dispatch/session/tree", {});
    const { permissions } = await this.client.request("dispatch/permission/list", {});
    this.open.clear();
    for (const permission of permissions) this.open.set(permission.permissionId, permission);
    this.announce();
  }

  /** The server is gone: nothing can be answered until it is back and asks again. */
  clear(): void {
    this.open.clear();
    this.announce();
  }

  /** Answer one request; false where another answer came first. */
  async reply(permissionId: string, decision: Decision, scope: Scope, message?: string): Promise<boolean> {
    const { accepted } = await this.client.request("dispatch/permission/reply", {
      permissionId, decision, scope, ...(message ? { message } : {}),
    });
    if (!accepted && this.open.delete(permissionId)) this.announce();
    return accepted;
  }

  dispose(): void {
    this.changed.dispose();
  }

  private follow(events: readonly KnownEvent[]): void {
    let touched = false;
    for (const event of events) {
      if (event.type === "permission.requested") {
        this.open.set(event.data.permissionId, event.data);
        touched = true;
      } else if (event.type === "permission.resolved") {
        touched = this.open.delete(event.data.permissionId) || touched;
      }
    }
    if (touched) this.announce();
  }

  private announce(): void {
    void vscode.commands.executeCommand("setContext", "dispatch.openRequests", this.open.size > 0);
    this.changed.fire(this.all);
  }
}
