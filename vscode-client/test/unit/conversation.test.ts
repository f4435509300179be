import assert from "node:assert/strict";
import { test } from "node:test";
import type { Delta, Event, Permission } from "../../src/protocol";
import { fromSnapshot, reduce, rowsOf, type Conversation } from "../../src/state/conversation";
import { delta, Log, session, snapshot } from "../support/events";

const events = (...all: Event[]) => all.map((event) => ({ event }));
const deltas = (...all: Delta[]) => all.map((each) => ({ delta: each }));

function textOf(conversation: Conversation, at = 0): string {
  const row = rowsOf(conversation)[at];
  assert.ok(row && "text" in row);
  return row.text;
}

function started(log: Log): Conversation {
  return fromSnapshot(snapshot([log.event("item.updated", { kind: "message", role: "assistant" }, "m1")]));
}

test("deltas grow the text of a message, offsets count UTF-16 units", () => {
  const conversation = reduce(started(new Log()), deltas(delta("m1", "text", 0, "a👍"), delta("m1", "text", 3, "b")));
  assert.equal(textOf(conversation), "a👍b");
});

test("a repeated or overlapping delta adds only what is new", () => {
  const conversation = reduce(started(new Log()), deltas(delta("m1", "text", 0, "abc"), delta("m1", "text", 1, "bcd"), delta("m1", "text", 0, "ab")));
  assert.equal(textOf(conversation), "abcd");
});

test("a delta after a lost one is not shown in the wrong place, and the next durable text heals it", () => {
  const log = new Log();
  let conversation = reduce(started(log), deltas(delta("m1", "text", 0, "ab"), delta("m1", "text", 4, "ef")));
  assert.equal(textOf(conversation), "ab");
  conversation = reduce(conversation, events(log.event("item.updated", { append: { text: "abcdef" } }, "m1")));
  assert.equal(textOf(conversation), "abcdef");
  conversation = reduce(conversation, deltas(delta("m1", "text", 6, "g")));
  assert.equal(textOf(conversation), "abcdefg");
});

test("durable text that lags behind the stream takes nothing away", () => {
  const log = new Log();
  let conversation = reduce(started(log), deltas(delta("m1", "text", 0, "hello world")));
  conversation = reduce(conversation, events(log.event("item.updated", { append: { text: "hello" } }, "m1")));
  assert.equal(textOf(conversation), "hello world");
  conversation = reduce(conversation, events(log.event("item.updated", { append: { text: " world!" } }, "m1")));
  assert.equal(textOf(conversation), "hello world!");
});

test("the completed item is the whole truth, and nothing is added to it", () => {
  const log = new Log();
  let conversation = reduce(started(log), deltas(delta("m1", "text", 0, "wrong")));
  conversation = reduce(conversation, events(log.event("item.completed", { kind: "message", role: "assistant", text: "right" }, "m1")));
  conversation = reduce(conversation, deltas(delta("m1", "text", 5, "more")));
  assert.equal(textOf(conversation), "right");
  assert.equal(rowsOf(conversation)[0]?.live, false);
});

test("thoughts stream under their own name into the text", () => {
  const log = new Log();
  const begun = fromSnapshot(snapshot([log.event("item.updated", { kind: "thought" }, "t1")]));
  assert.equal(textOf(reduce(begun, deltas(delta("t1", "thought", 0, "hm")))), "hm");
});

test("a tool call: arguments stream as text, then become values; output streams; the end has the exit code", () => {
  const log = new Log();
  let conversation = fromSnapshot(snapshot([log.event("item.updated", { kind: "tool_call", tool: "run_shell", title: "run_shell", status: "pending" }, "c1")]));
  conversation = reduce(conversation, deltas(delta("c1", "input", 0, '{"command":')));
  assert.equal(call(conversation).input, '{"command":');
  conversation = reduce(conversation, events(
    log.event("item.updated", { append: { input: '{"command":"ls"}' } }, "c1"),
    log.event("item.updated", { toolKind: "execute", title: "ls", input: { command: "ls" }, status: "pending" }, "c1"),
    log.event("item.updated", { status: "running" }, "c1"),
  ));
  conversation = reduce(conversation, deltas(delta("c1", "output", 0, "a.py\n")));
  assert.deepEqual(call(conversation).input, { command: "ls" });
  assert.equal(call(conversation).output, "a.py\n");
  assert.equal(call(conversation).status, "running");
  conversation = reduce(conversation, events(log.event("item.completed", {
    kind: "tool_call", tool: "run_shell", toolKind: "execute", title: "ls", input: { command: "ls" }, status: "completed", output: "a.py\nb.py\n", exitCode: 0, locations: [],
  }, "c1")));
  assert.equal(call(conversation).exitCode, 0);
  assert.equal(call(conversation).output, "a.py\nb.py\n");
});

function call(conversation: Conversation) {
  const row = rowsOf(conversation)[0];
  assert.ok(row?.kind === "tool_call");
  return row;
}

test("repeated events change nothing; a missing one stops the fold until the session is opened again", () => {
  const log = new Log();
  const conversation = started(log);
  const first = log.event("item.updated", { append: { text: "a" } }, "m1");
  const second = log.event("item.updated", { append: { text: "b" } }, "m1");
  const third = log.event("item.updated", { append: { text: "c" } }, "m1");
  assert.equal(textOf(reduce(conversation, events(first, first, second, first))), "ab");
  const torn = reduce(conversation, events(first, third));
  assert.equal(torn.gap, true);
  assert.equal(torn.seq, first.seq);
  const healed = fromSnapshot(snapshot([second, third]), torn);
  assert.equal(healed.gap, false);
  assert.equal(textOf(healed), "abc");
});

test("opening again after a restart of the server goes on where it was", () => {
  const log = new Log();
  const before = reduce(started(log), events(log.event("item.updated", { append: { text: "half" } }, "m1")));
  const rest = [
    log.event("item.completed", { kind: "message", role: "assistant", text: "half", truncated: true }, "m1"),
    log.event("turn.ended", { stopReason: "error", usage: session().usage, error: "The server ended while the turn ran." }),
  ];
  const after = fromSnapshot(snapshot(rest), before);
  const [message, notice] = rowsOf(after);
  assert.ok(message?.kind === "message" && message.truncated);
  assert.ok(notice?.kind === "notice" && notice.level === "error" && notice.retry);
});

test("what the end of a turn says: nothing where it ended well", () => {
  const usage = session().usage;
  const ends = (stopReason: "end_turn" | "cancelled" | "max_steps") => rowsOf(fromSnapshot(snapshot([new Log().event("turn.ended", { stopReason, usage })])));
  assert.deepEqual(ends("end_turn"), []);
  assert.equal(ends("cancelled")[0]?.kind, "notice");
  assert.equal(ends("max_steps")[0]?.kind, "notice");
});

test("a failed request says when it is tried again", () => {
  const [row] = rowsOf(fromSnapshot(snapshot([new Log().event("model.changed", { model: "m", reason: "Too many requests.", retryAfter: 12.2, willRetry: true })])));
  assert.ok(row?.kind === "notice");
  assert.equal(row.text, "Too many requests. Trying again in 12 s.");
});

test("the model that serves is told of only where it is another one, or another key pays", () => {
  const log = new Log();
  const changed = (model: string, key: string) => log.event("model.changed", { model, key, reason: "the first in order" });
  const rows = rowsOf(fromSnapshot(snapshot([changed("m", "a"), changed("m", "a"), changed("m", "b")])));
  assert.deepEqual(rows.map((row) => row.kind === "notice" && row.text), ["Now using m with b: the first in order"]);
});

test("the header: changed fields, cleared ones, and the sum of what was used", () => {
  const log = new Log();
  const usage = { input: 10, output: 2, cacheRead: 5, cacheWrite: 0, reasoning: 0, requests: 1 };
  const conversation = fromSnapshot(snapshot());
  const waiting = reduce(conversation, events(log.event("session.updated", { state: "waiting", on: "permission" })));
  assert.equal(waiting.session.on, "permission");
  const running = reduce(waiting, events(
    log.event("session.updated", { state: "running", on: null }),
    log.event("usage.recorded", { model: "m", usage, cost: 0.5 }),
    log.event("usage.recorded", { model: "m", usage, cost: 0.25 }),
  ));
  assert.equal(running.session.on, undefined);
  assert.equal(running.session.cost, 0.75);
  assert.equal(running.session.usage.input, 20);
});

test("permissions open and close by their id", () => {
  const log = new Log();
  const permission: Permission = { permissionId: "p1", sessionId: "s1", itemId: "c1", operation: "write", target: "/a", title: "", reason: "", options: [] };
  const asked = reduce(fromSnapshot(snapshot()), events(log.event("permission.requested", permission)));
  assert.deepEqual(asked.permissions, [permission]);
  const answered = reduce(asked, events(log.event("permission.resolved", { ...permission, decision: "deny", scope: "once", by: "user" })));
  assert.deepEqual(answered.permissions, []);
});

test("unknown events, kinds and fields are passed over", () => {
  const log = new Log();
  const strange = { ...log.event("turn.started", { messageIds: [] }), type: "moon.rose" };
  const item = log.event("item.updated", { kind: "hologram" as "message" }, "x");
  const message = log.event("item.completed", { kind: "message", role: "user", text: "hi", step: 3, replay: { secret: 1 } } as never, "m");
  const conversation = fromSnapshot(snapshot([strange, item, message]));
  assert.deepEqual(rowsOf(conversation), [{ kind: "message", rowId: "m", live: false, role: "user", text: "hi", attachments: [], truncated: false }]);
});

test("folding does not change what it folds", () => {
  const log = new Log();
  const before = started(log);
  const copy = structuredClone(before);
  reduce(before, [...deltas(delta("m1", "text", 0, "x")), ...events(log.event("item.updated", { append: { text: "y" } }, "m1"), log.event("session.updated", { title: "z" }))]);
  assert.deepEqual(before, copy);
});
