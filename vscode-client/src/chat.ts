/** The conversation that this window shows. What it is, the server's log knows; here is only the way to it. */

import * as vscode from "vscode";
import { Batch } from "./batch";
import type { Client } from "./client";
import type { UpdateSession } from "./protocol";
import type { Content } from "./rows";
import { fromSnapshot, isBusy, reduce, type Conversation, type News } from "./state/conversation";

const REMEMBERED = "dispatch.sessionId";

export interface Step {
  /** Undefined where the conversation is another one than before. */
  before: Conversation | undefined;
  after: Conversation | undefined;
}

export class Chat implements vscode.Disposable {
  private conversation: Conversation | undefined;
  private choices: Omit<UpdateSession, "sessionId"> = {};
  private opening: Promise<void> = Promise.resolve();
  private readonly batch = new Batch<News>((news) => this.fold(news));
  private readonly stepped = new vscode.EventEmitter<Step>();

  /** The conversation changed, or became another one. */
  readonly onDidStep = this.stepped.event;

  constructor(
    private readonly client: Client,
    private readonly memory: vscode.Memento,
    private readonly log: vscode.LogOutputChannel,
  ) {
    client.on("dispatch/events", ({ sessionId, events }) => {
      if (sessionId === this.sessionId) this.batch.add(...events.map((event) => ({ event })));
    });
    client.on("$/dispatch/delta", (delta) => {
      if (delta.sessionId === this.sessionId) this.batch.add({ delta });
    });
    client.on("dispatch/session/cut", ({ sessionIds }) => {
      if (this.sessionId && sessionIds.includes(this.sessionId)) void this.resume();
    });
  }

  get current(): Conversation | undefined {
    return this.conversation;
  }

  get sessionId(): string | undefined {
    return this.conversation?.session.sessionId;
  }

  /** Model and agent for a conversation that has not begun. */
  get chosen(): Omit<UpdateSession, "sessionId"> {
    return this.choices;
  }

  /** Show the conversation of before: after a start of the server, or of the window. */
  async resume(): Promise<void> {
    const sessionId = this.sessionId ?? this.memory.get<string>(REMEMBERED);
    if (sessionId === undefined) return;
    try {
      await this.open(sessionId);
    } catch (error) {
      this.log.warn(`the conversation of before could not be opened: ${String(error)}`);
      await this.leave();
    }
  }

  /** Show a session; what is known of it already is not sent again. */
  open(sessionId: string): Promise<void> {
    const opened = this.opening.then(() => this.openNow(sessionId));
    this.opening = opened.catch(() => undefined);
    return opened;
  }

  /** An empty chat; its session begins with the first message. */
  async leave(): Promise<void> {
    await this.unsubscribe();
    this.choices = {};
    this.become(undefined);
    await this.memory.update(REMEMBERED, undefined);
  }

  async prompt(messageId: string, content: Content[]): Promise<void> {
    if (this.sessionId === undefined) await this.begin();
    if (this.sessionId) await this.client.request("dispatch/session/prompt", { sessionId: this.sessionId, messageId, content });
  }

  async stop(): Promise<void> {
    if (this.sessionId) await this.client.request("dispatch/session/cancel", { sessionId: this.sessionId, scope: "tree" });
  }

  /** Change model or agent from the next step on; before the first message, of the session to come. */
  async choose(change: Omit<UpdateSession, "sessionId">): Promise<void> {
    if (this.sessionId) await this.client.request("dispatch/session/update", { sessionId: this.sessionId, ...change });
    else this.choices = { ...this.choices, ...change };
    this.stepped.fire({ before: this.conversation, after: this.conversation });
  }

  async unqueue(messageId: string): Promise<void> {
    if (this.sessionId) await this.client.request("dispatch/queue/remove", { sessionId: this.sessionId, messageId });
  }

  async answer(questionId: string, answer: string): Promise<void> {
    await this.client.request("dispatch/question/reply", { questionId, answer });
  }

  dispose(): void {
    this.batch.clear();
    this.stepped.dispose();
  }

  private async begin(): Promise<void> {
    const { sessionId } = await this.client.request("dispatch/session/new", this.choices);
    await this.open(sessionId);
  }

  private async openNow(sessionId: string): Promise<void> {
    this.batch.flush();
    if (this.sessionId !== sessionId) await this.unsubscribe();
    const before = this.sessionId === sessionId ? this.conversation : undefined;
    const snapshot = await this.client.request("dispatch/session/open", { sessionId, after: before?.seq ?? 0 });
    // a log that is shorter than what was shown is another one (restored, or made anew)
    const known = before !== undefined && snapshot.seq >= before.seq ? before : undefined;
    if (before !== undefined && known === undefined) {
      this.become(undefined);
      return this.openNow(sessionId);
    }
    this.become(fromSnapshot(snapshot, known), known);
    await this.memory.update(REMEMBERED, sessionId);
  }

  private async unsubscribe(): Promise<void> {
    const sessionId = this.sessionId;
    this.batch.clear();
    if (sessionId === undefined || this.client.state.state !== "ready") return;
    await this.client.request("dispatch/session/close", { sessionId });
  }

  private fold(news: News[]): void {
    if (this.conversation === undefined) return;
    const after = reduce(this.conversation, news);
    this.become(after, this.conversation);
    if (after.gap) void this.resume();
  }

  private become(after: Conversation | undefined, before?: Conversation): void {
    this.conversation = after;
    void vscode.commands.executeCommand("setContext", "dispatch.busy", after !== undefined && isBusy(after.session));
    this.stepped.fire({ before, after });
  }
}
