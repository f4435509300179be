/** The connection to the server: started, stopped and restarted one after the other, never twice at once. */

import { homedir } from "node:os";
import * as vscode from "vscode";
import {
  ExecuteCommandRequest,
  LanguageClient,
  State,
  type Executable,
  type FeatureState,
  type LanguageClientOptions,
  type StaticFeature,
} from "vscode-languageclient/node";
import { discover, type Found } from "./discovery";
import { ownLanguages } from "./ownLanguages";
import { PROTOCOL_VERSION, type Methods, type News } from "./protocol";
import type { ServerView } from "./rows";
import { saveOnRequest } from "./saving";

export type ServerState = Pick<ServerView, "state" | "detail">;

/** What a server's command answered that concerns the chat. */
interface CommandAnswer {
  sessionId?: string;
}

/** Says that this editor speaks `dispatch/*`, so the server needs no messages made for plain editors. */
const negotiation: StaticFeature = {
  fillClientCapabilities(capabilities) {
    capabilities.experimental = { ...capabilities.experimental, dispatch: { protocolVersion: PROTOCOL_VERSION } };
  },
  initialize() {},
  getState(): FeatureState {
    return { kind: "static" };
  },
  clear() {},
};

export class Client implements vscode.Disposable {
  private client: LanguageClient | undefined;
  private queue: Promise<void> = Promise.resolve();
  private current: ServerState = { state: "starting" };
  private wasReady = false;
  private readonly changed = new vscode.EventEmitter<ServerState>();
  private readonly opened = new vscode.EventEmitter<string>();
  private readonly listeners: { [N in keyof News]: ((params: News[N]) => void)[] } = {
    "dispatch/events": [],
    "$/dispatch/delta": [],
    "dispatch/session/cut": [],
  };

  /** The server's state changed. */
  readonly onDidChange = this.changed.event;
  /** A command of the server, such as a code action, works in this session. */
  readonly onDidOpenSession = this.opened.event;

  constructor(
    private readonly log: vscode.LogOutputChannel,
    private readonly serverLog: vscode.LogOutputChannel,
  ) {}

  get state(): ServerState {
    return this.current;
  }

  /** What is running, for reports. */
  found: Found | undefined;

  /** Restart, after what is under way; also the first start. */
  restart(): Promise<void> {
    this.queue = this.queue.then(async () => {
      await this.end();
      await this.begin();
    });
    return this.queue;
  }

  /** End the server and wait for it. */
  stop(): Promise<void> {
    this.queue = this.queue.then(() => this.end());
    return this.queue;
  }

  /** Call the listener with news of one kind. */
  on<N extends keyof News>(name: N, listener: (params: News[N]) => void): void {
    this.listeners[name].push(listener);
  }

  async request<M extends keyof Methods>(method: M, params: Methods[M]["params"]): Promise<Methods[M]["result"]> {
    if (this.client === undefined || this.current.state !== "ready") throw new Error("The Dispatch server is not running.");
    return this.client.sendRequest<Methods[M]["result"]>(method, params);
  }

  /** Run a command of the server on a problem that an editor shows. */
  async onProblem(command: "dispatch.fix" | "dispatch.explain", uri: vscode.Uri, diagnostic: vscode.Diagnostic): Promise<void> {
    if (this.client === undefined || this.current.state !== "ready") throw new Error("The Dispatch server is not running.");
    const argument = this.client.code2ProtocolConverter.asDiagnostic(diagnostic);
    const answer: unknown = await this.client.sendRequest(ExecuteCommandRequest.type, { command, arguments: [uri.toString(), argument] });
    this.follow(answer);
  }

  dispose(): void {
    this.changed.dispose();
    this.opened.dispose();
  }

  /** The server's command, as things are now. */
  discover(): Promise<Found | undefined> {
    return discover({
      setting: vscode.workspace.getConfiguration("dispatch").get<string[]>("server.command", []),
      trustedFolder: vscode.workspace.isTrusted ? vscode.workspace.workspaceFolders?.[0]?.uri.fsPath : undefined,
      path: process.env["PATH"] ?? "",
      home: homedir(),
      platform: process.platform,
    });
  }

  private async begin(): Promise<void> {
    this.set({ state: "starting" });
    const folder = vscode.workspace.workspaceFolders?.[0];
    this.found = await this.discover();
    if (this.found === undefined) {
      this.set({ state: "missing", detail: "dispatch-ls is neither in the workspace's .venv nor on the PATH." });
      return;
    }
    this.log.info(`starting ${[this.found.command, ...this.found.args].join(" ")} (from the ${this.found.from})`);
    await this.launch(this.found, folder?.uri.fsPath);
  }

  private async launch(found: Found, cwd: string | undefined): Promise<void> {
    const executable: Executable = { command: found.command, args: found.args, options: { cwd } };
    const client = new LanguageClient("dispatch", "Dispatch", executable, this.options());
    this.client = client;
    this.wasReady = false;
    client.registerFeature(negotiation);
    saveOnRequest(client);
    this.listen(client, "dispatch/events");
    this.listen(client, "$/dispatch/delta");
    this.listen(client, "dispatch/session/cut");
    client.onDidChangeState(({ newState }) => {
      if (client === this.client) this.follows(client, newState);
    });
    try {
      await client.start();
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error);
      this.log.error(`the server did not start: ${detail}`);
      this.set({ state: "failed", detail });
    }
  }

  private listen<N extends keyof News>(client: LanguageClient, name: N): void {
    client.onNotification(name, (params: News[N]) => {
      for (const listener of this.listeners[name]) listener(params);
    });
  }

  private options(): LanguageClientOptions {
    return {
      documentSelector: [{ scheme: "file" }],
      outputChannel: this.serverLog,
      traceOutputChannel: this.log,
      initializationOptions: () => ({ trusted: vscode.workspace.isTrusted, settings: { ownLanguages: ownLanguages() } }),
      // the default would offer to try again for ever; the chat has a button
      initializationFailedHandler: () => false,
      middleware: {
        executeCommand: async (command, args, next) => {
          const answer: unknown = await next(command, args);
          this.follow(answer);
          return answer;
        },
      },
    };
  }

  private follows(client: LanguageClient, state: State): void {
    if (state === State.Running) {
      this.wasReady = true;
      this.set(this.welcome(client));
    } else if (state === State.Starting) this.set({ state: "starting" });
    else if (this.wasReady) this.set({ state: "stopped", detail: "The server ended." });
    else this.set({ state: "failed", detail: "The Dispatch server ended before it was ready. Its log says more." });
  }

  private welcome(client: LanguageClient): ServerState {
    const answer = client.initializeResult?.capabilities.experimental as { dispatch?: { protocolVersion?: number } } | undefined;
    const version = answer?.dispatch?.protocolVersion;
    if (version === PROTOCOL_VERSION) return { state: "ready" };
    const detail = `The server speaks version ${version ?? "none"} of the protocol, this extension ${PROTOCOL_VERSION}. Update the older of the two.`;
    return { state: "failed", detail };
  }

  private follow(answer: unknown): void {
    const sessionId = (answer as CommandAnswer | null)?.sessionId;
    if (typeof sessionId === "string") this.opened.fire(sessionId);
  }

  private async end(): Promise<void> {
    const client = this.client;
    this.client = undefined;
    if (client === undefined) return;
    await client.dispose().catch((error: unknown) => this.log.warn(`the server did not end cleanly: ${String(error)}`));
    this.set({ state: "stopped" });
  }

  private set(state: ServerState): void {
    this.current = state;
    this.changed.fire(state);
  }
}
