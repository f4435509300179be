/** The page of the chat: puts its parts together and applies what the extension sends. */

import "./styles/chat.css";
import type { ToWebview } from "../messages";
import type { Change, View } from "../rows";
import { Banner } from "./banner";
import { Composer } from "./composer";
import { emptyState } from "./empty";
import { HeaderView } from "./header";
import { Host } from "./host";
import { Queue, Todos } from "./lists";
import { Thread } from "./thread";

class Page {
  private readonly host = new Host();
  private readonly header = new HeaderView(this.host);
  private readonly banner = new Banner(this.host);
  private readonly queue = new Queue(this.host);
  private readonly todos = new Todos();
  private readonly composer = new Composer(this.host);
  private readonly thread = new Thread(this.host, emptyState(this.host, (text) => this.composer.suggest(text)));
  private epoch = -1;
  private number = 0;

  open(): void {
    document.body.append(this.header.element, this.banner.element, this.thread.element, this.todos.element, this.queue.element, this.composer.element);
    window.addEventListener("message", ({ data }: MessageEvent<ToWebview>) => this.receive(data));
    window.addEventListener("focus", () => this.focused());
    document.addEventListener("visibilitychange", () => this.thread.cards.arm());
    this.host.send({ type: "ready" });
  }

  /** The editor gave the page the focus, not an element of it. */
  private focused(): void {
    if (document.activeElement === document.body) this.composer.focus();
  }

  private receive(message: ToWebview): void {
    switch (message.type) {
      case "reset":
        this.epoch = message.epoch;
        this.number = 0;
        return this.reset(message.view);
      case "changes":
        return this.follow(message);
      case "attach":
        return this.composer.attach(message.attachment);
      case "prompted":
        if (message.error === undefined) this.thread.toEnd();
        return this.composer.prompted(message.messageId, message.error);
      case "replied":
        if (message.error !== undefined) this.thread.cards.failed(message.permissionId, message.error);
        return;
      case "focus":
        return this.composer.focus();
      case "reveal":
        return this.thread.cards.reveal(message.permissionId);
    }
  }

  private reset(view: View): void {
    this.thread.reset(view.rows, view.showThinking);
    const { server, header, queue, todos, permissions, questions } = view;
    const rest: Change[] = [
      { kind: "server", server },
      { kind: "header", header },
      { kind: "queue", queue },
      { kind: "todos", todos },
      { kind: "permissions", permissions },
      { kind: "questions", questions },
    ];
    for (const change of rest) this.apply(change);
  }

  /** What does not follow is not guessed at: the whole is asked for again. */
  private follow({ epoch, number, changes }: ToWebview & { type: "changes" }): void {
    if (epoch !== this.epoch) return;
    if (number !== this.number + 1 || !changes.every((change) => this.apply(change))) {
      this.epoch = -1;
      this.host.send({ type: "lost" });
      return;
    }
    this.number = number;
  }

  private apply(change: Change): boolean {
    switch (change.kind) {
      case "row":
        this.thread.put(change.row);
        return true;
      case "append":
        return this.thread.append(change.rowId, change.field, change.text);
      case "header":
        this.header.show(change.header);
        this.composer.showHeader(change.header);
        return true;
      case "queue":
        this.queue.show(change.queue);
        return true;
      case "todos":
        this.todos.show(change.todos);
        return true;
      case "permissions":
        this.thread.showPermissions(change.permissions);
        return true;
      case "questions":
        this.thread.showQuestions(change.questions);
        return true;
      case "server":
        this.banner.show(change.server);
        this.composer.showServer(change.server);
        return true;
    }
  }
}

new Page().open();
