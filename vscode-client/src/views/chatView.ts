/** The chat in the side bar: draws what the conversation is, hands on what the user does. */

import { randomBytes } from "node:crypto";
import * as vscode from "vscode";
import type { Step } from "../chat";
import type { FromWebview, ToWebview } from "../messages";
import type { Attachment, Change, ServerView, View } from "../rows";
import { changesBetween, headerOf } from "../state/changes";
import { rowsOf } from "../state/conversation";
import { chatPage } from "./html";

/** What the view needs to know and do; the app gives it. */
export interface Behind {
  view(): View;
  received(message: FromWebview): Promise<void>;
}

export const CHAT_VIEW = "dispatch.chat";

export class ChatView implements vscode.WebviewViewProvider {
  private view: vscode.WebviewView | undefined;
  private ready = false;
  private epoch = 0;
  private number = 0;
  private readonly waiting: ToWebview[] = [];

  constructor(
    private readonly extension: vscode.Uri,
    private readonly behind: Behind,
  ) {}

  get visible(): boolean {
    return this.view?.visible === true;
  }

  resolveWebviewView(view: vscode.WebviewView): void {
    this.view = view;
    this.ready = false;
    const folder = vscode.Uri.joinPath(this.extension, "dist", "webview");
    view.webview.options = { enableScripts: true, enableCommandUris: false, enableForms: false, localResourceRoots: [folder] };
    view.webview.onDidReceiveMessage((message: FromWebview) => this.receive(message));
    view.onDidDispose(() => {
      this.view = undefined;
      this.ready = false;
    });
    view.webview.html = chatPage({
      script: view.webview.asWebviewUri(vscode.Uri.joinPath(folder, "chat.js")).toString(),
      style: view.webview.asWebviewUri(vscode.Uri.joinPath(folder, "chat.css")).toString(),
      source: view.webview.cspSource,
      nonce: randomBytes(16).toString("base64"),
    });
  }

  /** Bring the chat before the user, ready to type. */
  async show(): Promise<void> {
    await vscode.commands.executeCommand(`${CHAT_VIEW}.focus`);
    this.send({ type: "focus" });
  }

  /** Draw the step: only the differences where it is the same conversation. */
  step({ before, after }: Step): void {
    if (before === undefined || after === undefined || before.session.sessionId !== after.session.sessionId) this.reset();
    else this.change(changesBetween(before, after));
  }

  server(server: ServerView): void {
    this.change([{ kind: "server", server }]);
  }

  badge(requests: number): void {
    if (this.view === undefined) return;
    const tooltip = requests === 1 ? "1 request for permission" : `${requests} requests for permission`;
    this.view.badge = requests > 0 ? { value: requests, tooltip } : undefined;
  }

  /** Add something to the message being written. */
  attach(attachment: Attachment): void {
    this.send({ type: "attach", attachment });
  }

  /** Bring a request for permission into sight. */
  reveal(permissionId: string): void {
    this.send({ type: "reveal", permissionId });
  }

  /** Send, or keep until the page is there. */
  send(message: ToWebview): void {
    if (this.view && this.ready) void this.view.webview.postMessage(message);
    else this.waiting.push(message);
  }

  /** Draw all anew. */
  reset(): void {
    if (!this.ready) return;
    this.epoch += 1;
    this.number = 0;
    this.send({ type: "reset", epoch: this.epoch, view: this.behind.view() });
  }

  private change(changes: Change[]): void {
    // a page that is not there yet begins with the whole
    if (!this.ready || changes.length === 0) return;
    this.number += 1;
    this.send({ type: "changes", epoch: this.epoch, number: this.number, changes });
  }

  private receive(message: FromWebview): void {
    if (message.type === "ready") {
      this.ready = true;
      this.reset();
      for (const waiting of this.waiting.splice(0)) this.send(waiting);
    } else if (message.type === "lost") this.reset();
    else void this.behind.received(message);
  }
}

/** The parts of a view that a conversation gives. */
export function viewOf(step: Step["after"], server: ServerView, showThinking: boolean): View {
  const rest = { server, showThinking };
  if (step === undefined) return { ...rest, header: null, rows: [], queue: [], todos: [], permissions: [], questions: [] };
  return {
    ...rest,
    header: headerOf(step),
    rows: rowsOf(step),
    queue: [...step.queue],
    todos: [...step.todos],
    permissions: [...step.permissions],
    questions: [...step.questions],
  };
}
