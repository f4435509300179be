import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import * as vscode from "vscode";
import type { App } from "../../../src/app";
import { isBusy, rowsOf } from "../../../src/state/conversation";
import { ready, until, type Test } from "./support";

const rows = (app: App) => (app.chat.current ? rowsOf(app.chat.current) : []);

/** The turn that was begun has ended. */
export function atRest(app: App, messages: number): Promise<void> {
  const done = () => rows(app).filter((row) => row.kind === "message").length >= messages && app.chat.current !== undefined && !isBusy(app.chat.current.session);
  return until(app.chat.onDidStep, done, `${messages} messages are there and the agent rests`);
}

export const sessionTests: Test[] = [
  ["a first message begins a session; the answer streams into it", async () => {
    const app = await ready();
    await app.chat.leave();
    await app.chat.prompt(randomUUID(), [{ type: "text", text: "hello" }]);
    await atRest(app, 2);
    assert.deepEqual(rows(app).map((row) => (row.kind === "message" ? `${row.role}: ${row.text}` : row.kind)), ["user: hello", "assistant: Hello."]);
    assert.ok((app.chat.current?.session.cost ?? 0) > 0);
  }],

  ["the same message sent twice is said once", async () => {
    const app = await ready();
    const messageId = randomUUID();
    await app.chat.prompt(messageId, [{ type: "text", text: "once" }]);
    await app.chat.prompt(messageId, [{ type: "text", text: "once" }]);
    await atRest(app, 4);
    assert.equal(rows(app).filter((row) => row.kind === "message" && row.role === "user").length, 2);
  }],

  ["after a restart of the server the conversation goes on, without a repeat", async () => {
    const app = await ready();
    const before = rows(app);
    const sessionId = app.chat.sessionId;
    await vscode.commands.executeCommand("dispatch.server.restart");
    await until(app.chat.onDidStep, () => app.chat.current !== undefined, "the conversation is open again");
    assert.equal(app.chat.sessionId, sessionId);
    assert.deepEqual(rows(app), before);
    await app.chat.prompt(randomUUID(), [{ type: "text", text: "still there?" }]);
    await atRest(app, before.length + 2);
    assert.equal(rows(app).length, before.length + 2);
  }],

  ["restarts that come together end with one server", async () => {
    const app = await ready();
    await Promise.all([app.client.restart(), app.client.restart(), app.client.restart()]);
    await ready();
    const { sessions } = await app.client.request("dispatch/session/list", {});
    assert.equal(sessions.length, 1);
  }],

  ["an error of the server is one sentence", async () => {
    const app = await ready();
    await assert.rejects(app.chat.open("ses_unknown"), (error: Error) => {
      assert.ok(error.message.length > 0 && !/Traceback|File "/.test(error.message), error.message);
      return true;
    });
  }],

  ["a new conversation is empty, and the one before can be opened again", async () => {
    const app = await ready();
    await until(app.chat.onDidStep, () => app.chat.sessionId !== undefined, "the conversation is open");
    const sessionId = app.chat.sessionId ?? "";
    await app.chat.leave();
    assert.equal(app.chat.current, undefined);
    await app.chat.open(sessionId);
    assert.ok(rows(app).length >= 4);
  }],
];
