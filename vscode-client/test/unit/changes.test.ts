import assert from "node:assert/strict";
import { test } from "node:test";
import type { Change, Row } from "../../src/rows";
import { changesBetween } from "../../src/state/changes";
import { fromSnapshot, reduce, rowsOf, type Conversation, type News } from "../../src/state/conversation";
import { delta, Log, snapshot } from "../support/events";

test("text that grew is sent as what was added", () => {
  const log = new Log();
  const before = fromSnapshot(snapshot([log.event("item.updated", { kind: "message", role: "assistant", text: "a" }, "m1")]));
  const after = reduce(before, [{ delta: delta("m1", "text", 1, "bc") }]);
  assert.deepEqual(changesBetween(before, after), [{ kind: "append", rowId: "m1", field: "text", text: "bc" }]);
});

test("nothing changed, nothing is sent", () => {
  const conversation = fromSnapshot(snapshot([new Log().event("item.completed", { kind: "message", role: "user", text: "a" }, "m1")]));
  assert.deepEqual(changesBetween(conversation, reduce(conversation, [])), []);
});

test("a new state changes only the header", () => {
  const before = fromSnapshot(snapshot());
  const after = reduce(before, [{ event: new Log().event("session.updated", { state: "running" }) }]);
  assert.deepEqual(changesBetween(before, after).map((change) => change.kind), ["header"]);
});

test("a page that applies every change shows what the conversation is, however the news come", () => {
  for (let seed = 1; seed <= 200; seed++) follow(seed);
});

/** Random news in random batches; the page must end with the same rows. */
function follow(seed: number): void {
  const random = generator(seed);
  const log = new Log();
  const page = new Map<string, Row>();
  let conversation: Conversation = fromSnapshot(snapshot());
  for (let step = 0; step < 60; step++) {
    const batch = Array.from({ length: 1 + Math.floor(random() * 4) }, () => news(random, log));
    const next = reduce(conversation, batch);
    for (const change of changesBetween(conversation, next)) apply(page, change);
    conversation = next;
  }
  assert.deepEqual([...page.values()], rowsOf(conversation), `seed ${seed}`);
}

function news(random: () => number, log: Log): News {
  const itemId = `m${Math.floor(random() * 5)}`;
  const text = "ab👍\n".repeat(1 + Math.floor(random() * 3));
  const kind = random();
  if (kind < 0.25) return { event: log.event("item.updated", { kind: "message", role: "assistant" }, itemId) };
  if (kind < 0.45) return { event: log.event("item.updated", { append: { text } }, itemId) };
  if (kind < 0.55) return { event: log.event("item.completed", { kind: "message", role: "assistant", text: text + text }, itemId) };
  return { delta: delta(itemId, "text", Math.floor(random() * 12), text) };
}

function apply(page: Map<string, Row>, change: Change): void {
  if (change.kind === "row") page.set(change.row.rowId, change.row);
  if (change.kind !== "append") return;
  const row = page.get(change.rowId) as Row & { [field: string]: string };
  page.set(change.rowId, { ...row, [change.field]: row[change.field] + change.text } as Row);
}

function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1664525 + 1013904223) % 4294967296;
    return state / 4294967296;
  };
}
