/** What the chat has to redraw between two states of a conversation. */

import type { Change, GrowingField, Header, Row } from "../rows";
import type { Conversation } from "./conversation";
import { textOf } from "./rows";

/** The differences, rows in order; text that only grew is sent as what was added. */
export function changesBetween(before: Conversation, after: Conversation): Change[] {
  const changes = rowChanges(before, after);
  if (!sameHeader(headerOf(before), headerOf(after))) changes.push({ kind: "header", header: headerOf(after) });
  if (before.queue !== after.queue) changes.push({ kind: "queue", queue: [...after.queue] });
  if (before.todos !== after.todos) changes.push({ kind: "todos", todos: [...after.todos] });
  if (before.permissions !== after.permissions) changes.push({ kind: "permissions", permissions: [...after.permissions] });
  if (before.questions !== after.questions) changes.push({ kind: "questions", questions: [...after.questions] });
  return changes;
}

export function headerOf({ session }: Conversation): Header {
  const { title, agent, model, key, cost, state, on, until } = session;
  return { title, agent, model, key, cost, tokens: session.usage.input + session.usage.output, state, on, until };
}

function sameHeader(one: Header, other: Header): boolean {
  return (Object.keys({ ...one, ...other }) as (keyof Header)[]).every((name) => one[name] === other[name]);
}

function rowChanges(before: Conversation, after: Conversation): Change[] {
  const changes: Change[] = [];
  for (const [rowId, entry] of after.entries) {
    const old = before.entries.get(rowId)?.row;
    if (old !== entry.row) changes.push(...grown(old, entry.row) ?? [{ kind: "row", row: entry.row } as Change]);
  }
  return changes;
}

/** The additions, where the rows differ in nothing else. */
function grown(old: Row | undefined, row: Row): Change[] | undefined {
  if (old === undefined) return undefined;
  const additions: Change[] = [];
  for (const name of new Set([...Object.keys(old), ...Object.keys(row)]) as Set<keyof Row>) {
    if (old[name] === row[name]) continue;
    const field = name as GrowingField;
    const [shorter, longer] = [textOf(old, field), textOf(row, field)];
    if (shorter === undefined || longer === undefined || !longer.startsWith(shorter)) return undefined;
    additions.push({ kind: "append", rowId: row.rowId, field, text: longer.slice(shorter.length) });
  }
  return additions;
}
