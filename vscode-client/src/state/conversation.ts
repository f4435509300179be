/** A session as this window knows it: a pure fold over a snapshot, durable events and deltas. No `vscode` here. */

import type { Delta, Event, KnownEvent, ModelChanged, PartialSession, Permission, Question, QueuedMessage, Session, Snapshot, Todo, UsageRecorded } from "../protocol";
import type { Row } from "../rows";
import { stopNotice } from "./endings";
import { completeEntry, growEntry, noticeRow, updateEntry, type Entry } from "./rows";

export interface Conversation {
  session: Session;
  /** The last `seq` that was folded in. */
  seq: number;
  entries: ReadonlyMap<string, Entry>;
  queue: readonly QueuedMessage[];
  todos: readonly Todo[];
  permissions: readonly Permission[];
  questions: readonly Question[];
  /** Events are missing: open the session again, `after` the `seq`. */
  gap: boolean;
}

export type News = { delta: Delta } | { event: Event };

/** The conversation that a snapshot shows; `before` is what was known when it was asked for by `after`. */
export function fromSnapshot(snapshot: Snapshot, before?: Conversation): Conversation {
  const start: Conversation = before ?? {
    session: snapshot.session, seq: 0, entries: new Map(), queue: [], todos: [], permissions: [], questions: [], gap: false,
  };
  const folded = reduce({ ...start, gap: false }, snapshot.events.map((event) => ({ event })));
  return {
    ...folded,
    session: snapshot.session,
    seq: snapshot.seq,
    queue: snapshot.queue,
    todos: snapshot.todos,
    permissions: snapshot.permissions,
    questions: snapshot.questions,
    gap: false,
  };
}

/** The conversation after the news, in order. Repeated events change nothing; missing ones set `gap`. */
export function reduce(conversation: Conversation, news: readonly News[]): Conversation {
  const next = { ...conversation, entries: new Map(conversation.entries) };
  for (const each of news) {
    if ("delta" in each) foldDelta(next, each.delta);
    else foldEvent(next, each.event);
  }
  return next;
}

export function isBusy(session: Session): boolean {
  return session.state === "running" || session.state === "waiting" || session.state === "waiting_for_key";
}

export function rowsOf(conversation: Conversation): Row[] {
  return [...conversation.entries.values()].map((entry) => entry.row);
}

type Folding = Conversation & { entries: Map<string, Entry> };

function foldDelta(next: Folding, delta: Delta): void {
  const entry = next.entries.get(delta.itemId);
  if (entry !== undefined) next.entries.set(delta.itemId, growEntry(entry, delta));
}

function foldEvent(next: Folding, event: Event): void {
  if (next.gap || event.seq <= next.seq) return;
  if (event.seq > next.seq + 1) {
    next.gap = true;
    return;
  }
  next.seq = event.seq;
  apply(next, event as KnownEvent);
}

function apply(next: Folding, event: KnownEvent): void {
  switch (event.type) {
    case "session.updated":
    case "session.closed":
      next.session = changeSession(next.session, event.data);
      break;
    case "turn.ended":
      settle(next);
      put(next, `end-${event.seq}`, entryOf(stopNotice(`end-${event.seq}`, event.data)));
      break;
    case "item.updated":
      if (event.itemId) put(next, event.itemId, updateEntry(next.entries.get(event.itemId), event.itemId, event.data));
      break;
    case "item.completed":
      if (event.itemId) put(next, event.itemId, completeEntry(event.itemId, event.data));
      break;
    case "queue.changed":
      next.queue = event.data.queue;
      break;
    case "todo.changed":
      next.todos = event.data.todos;
      break;
    case "permission.requested":
      next.permissions = [...next.permissions.filter((each) => each.permissionId !== event.data.permissionId), event.data];
      break;
    case "permission.resolved":
      next.permissions = next.permissions.filter((each) => each.permissionId !== event.data.permissionId);
      break;
    case "question.asked":
      next.questions = [...next.questions.filter((each) => each.questionId !== event.data.questionId), event.data];
      break;
    case "question.resolved":
      next.questions = next.questions.filter((each) => each.questionId !== event.data.questionId);
      break;
    case "model.changed":
      put(next, `model-${event.seq}`, entryOf(modelNotice(event.seq, next.session, event.data)));
      next.session = { ...next.session, model: event.data.model, key: event.data.key };
      break;
    case "usage.recorded":
      next.session = addUsage(next.session, event.data);
      break;
  }
}

/** Why it waits, or goes on with another model or key; nothing where all is as before. */
function modelNotice(seq: number, before: Session, data: ModelChanged): Row | undefined {
  const wait = data.retryAfter === undefined ? "" : ` in ${Math.max(1, Math.round(data.retryAfter))} s`;
  if (data.willRetry) return noticeRow(`model-${seq}`, "warning", `${data.reason} Trying again${wait}.`);
  const same = before.key === undefined || (before.model === data.model && before.key === data.key);
  return same ? undefined : noticeRow(`model-${seq}`, "info", `Now using ${data.model}${data.key ? ` with ${data.key}` : ""}: ${data.reason}`);
}

function put(next: Folding, rowId: string, entry: Entry | undefined): void {
  if (entry !== undefined) next.entries.set(rowId, entry);
}

function entryOf(row: Row | undefined): Entry | undefined {
  return row && { row, logged: {} };
}

/** Nothing streams once the turn is over, whatever was lost on the way. */
function settle(next: Folding): void {
  for (const [rowId, entry] of next.entries) {
    if (entry.row.live) next.entries.set(rowId, { ...entry, row: { ...entry.row, live: false } });
  }
}

function changeSession(session: Session, changed: PartialSession): Session {
  const given = Object.fromEntries(Object.entries(changed).map(([name, value]) => [name, value ?? undefined]));
  const next = { ...session, ...given } as Session;
  // what a session waits for means nothing once it does not wait
  if (next.state !== "waiting") delete next.on;
  if (next.state !== "waiting_for_key") delete next.until;
  return next;
}

function addUsage(session: Session, { usage, cost }: UsageRecorded): Session {
  const sum = { ...session.usage };
  for (const name of Object.keys(sum) as (keyof typeof sum)[]) sum[name] += usage[name] ?? 0;
  return { ...session, usage: sum, cost: cost === undefined ? session.cost : (session.cost ?? 0) + cost };
}
