/** Where the parts are put together. */

import * as vscode from "vscode";
import { Chat } from "./chat";
import { Client } from "./client";
import { onProblemAtCursor } from "./commands/problems";
import { guarded, plain, registerCommands, type Handlers } from "./commands/register";
import { selectedText } from "./commands/selection";
import { copyDebugInformation, installServer } from "./commands/server";
import { Received } from "./received";
import { Requests } from "./requests";
import type { KnownEvent, Permission } from "./protocol";
import type { ServerView } from "./rows";
import { Announcer } from "./views/announcer";
import { Blobs } from "./views/blobs";
import { CHAT_VIEW, ChatView, viewOf } from "./views/chatView";
import { LanguageServers } from "./views/languageStatus";
import { PermissionPick } from "./views/permissionPick";
import { pickAgent, pickModel, pickSession } from "./views/picks";
import { StatusBar } from "./views/statusBar";

export class App {
  private readonly log = vscode.window.createOutputChannel("Dispatch", { log: true });
  private readonly serverLog = vscode.window.createOutputChannel("Dispatch Server", { log: true });
  readonly client = new Client(this.log, this.serverLog);
  readonly chat: Chat;
  readonly requests = new Requests(this.client);
  private readonly pick = new PermissionPick(this.requests, this.log);
  private readonly statusBar = new StatusBar();
  private readonly languages = new LanguageServers(this.client, this.log);
  private readonly blobs = new Blobs(this.client);
  private readonly view: ChatView;
  private readonly announcer: Announcer;
  private modelHint: string | undefined;

  constructor(private readonly context: vscode.ExtensionContext) {
    this.chat = new Chat(this.client, context.workspaceState, this.log);
    const received = new Received(this.chat, this.requests, this.blobs, (message) => this.view.send(message));
    this.view = new ChatView(context.extensionUri, {
      view: () => viewOf(this.chat.current, this.server(), showThinking()),
      received: (message) => guarded(() => received.handle(message), this.log, message.type),
    });
    this.announcer = new Announcer(this.requests, {
      isChatVisible: () => this.view.visible,
      answer: () => guarded(() => this.pick.answerAll(), this.log, "permissions"),
      openChat: (permission) => guarded(() => this.showRequest(permission), this.log, "permissions"),
    });
  }

  /** Register everything, and start the server without waiting for it. */
  async open(): Promise<void> {
    const provider = vscode.window.registerWebviewViewProvider(CHAT_VIEW, this.view, { webviewOptions: { retainContextWhenHidden: true } });
    this.context.subscriptions.push(
      provider, registerCommands(this.handlers(), this.log),
      this.log, this.serverLog, this.client, this.chat, this.requests, this.pick, this.statusBar, this.languages, this.blobs, this.announcer,
      this.client.onDidChange(() => void this.serverChanged()),
      this.client.onDidOpenSession((sessionId) => void guarded(() => this.showSession(sessionId), this.log, "session")),
      this.chat.onDidStep((step) => {
        this.view.step(step);
        this.refreshStatus();
      }),
      this.requests.onDidChange(() => this.refreshStatus()),
      vscode.workspace.onDidGrantWorkspaceTrust(() => void guarded(() => this.trusted(), this.log, "trust")),
      vscode.workspace.onDidChangeConfiguration((change) => void guarded(() => this.configured(change), this.log, "settings")),
    );
    this.client.on("dispatch/events", ({ events }) => this.workspaceNews(events as KnownEvent[]));
    this.refreshStatus();
    void this.client.restart();
  }

  async close(): Promise<void> {
    await this.client.stop();
  }

  private handlers(): Handlers {
    return {
      "dispatch.session.new": async () => {
        await this.view.show();
        await this.chat.leave();
      },
      "dispatch.session.pick": () => pickSession(this.client, this.chat, () => this.view.show()),
      "dispatch.session.stop": () => this.chat.stop(),
      "dispatch.chat.show": () => this.view.show(),
      "dispatch.chat.addSelection": () => this.addSelection(),
      "dispatch.problem.fix": () => onProblemAtCursor(this.client, "dispatch.fix"),
      "dispatch.problem.explain": () => onProblemAtCursor(this.client, "dispatch.explain"),
      "dispatch.permission.answer": () => this.pick.answerAll(),
      "dispatch.model.pick": () => pickModel(this.client, this.chat),
      "dispatch.agent.pick": () => pickAgent(this.client, this.chat),
      "dispatch.server.restart": () => this.client.restart(),
      "dispatch.server.install": () => installServer(this.client),
      "dispatch.server.showLog": async () => this.serverLog.show(true),
      "dispatch.logs.show": async () => this.log.show(true),
      "dispatch.debugInfo.copy": () => copyDebugInformation(this.client, this.context),
      "dispatch.trust.manage": async () => void (await vscode.commands.executeCommand("workbench.trust.manage")),
      "dispatch.walkthrough.open": async () =>
        void (await vscode.commands.executeCommand("workbench.action.openWalkthrough", `${this.context.extension.id}#start`, false)),
    };
  }

  private server(): ServerView {
    return { ...this.client.state, trusted: vscode.workspace.isTrusted, modelHint: this.modelHint };
  }

  private async serverChanged(): Promise<void> {
    const ready = this.client.state.state === "ready";
    void vscode.commands.executeCommand("setContext", "dispatch.ready", ready);
    this.view.server(this.server());
    this.refreshStatus();
    void this.languages.refresh();
    if (!ready) this.requests.clear();
    else await guarded(() => this.serverReady(), this.log, "opening");
  }

  private async serverReady(): Promise<void> {
    await this.chat.resume();
    await this.requests.refresh();
    await this.askForModels();
  }

  private async askForModels(): Promise<void> {
    const { models, hint } = await this.client.request("dispatch/model/list", {});
    this.modelHint = models.some((model) => model.usable) ? undefined : hint;
    this.view.server(this.server());
  }

  private workspaceNews(events: readonly KnownEvent[]): void {
    for (const event of events) {
      if (event.type === "config.reloaded") void guarded(() => this.configReloaded(event.data.problems), this.log, "configuration");
      else if (event.type === "turn.started" || event.type === "turn.ended") void this.languages.refresh();
    }
  }

  private async configReloaded(problems: readonly string[]): Promise<void> {
    await this.askForModels();
    for (const problem of problems) this.log.warn(`dispatch.toml: ${problem}`);
    if (problems[0] !== undefined) void vscode.window.showWarningMessage(`Dispatch: ${plain(problems[0])}`);
  }

  private refreshStatus(): void {
    this.statusBar.show(this.client.state, this.chat.current, this.requests.all.length);
    this.view.badge(this.requests.all.length);
  }

  private async showSession(sessionId: string): Promise<void> {
    await this.view.show();
    await this.chat.open(sessionId);
  }

  private async showRequest(permission: Permission): Promise<void> {
    await this.showSession(permission.sessionId);
    this.view.reveal(permission.permissionId);
  }

  private async addSelection(): Promise<void> {
    const editor = vscode.window.activeTextEditor;
    if (editor === undefined) return;
    this.view.attach(selectedText(editor));
    await this.view.show();
  }

  /** The workspace's own server may be used from now on; one that runs learns that language servers may start. */
  private async trusted(): Promise<void> {
    if (this.client.state.state === "ready") await this.client.request("dispatch/workspace/trust", { trusted: true });
    else await this.client.restart();
    this.view.server(this.server());
    await this.languages.refresh();
  }

  private async configured(change: vscode.ConfigurationChangeEvent): Promise<void> {
    if (change.affectsConfiguration("dispatch.chat.showThinking")) this.view.reset();
    if (change.affectsConfiguration("dispatch.server.command")) await this.client.restart();
  }
}

function showThinking(): boolean {
  return vscode.workspace.getConfiguration("dispatch").get("chat.showThinking", true);
}
