import assert from "node:assert/strict";
import * as vscode from "vscode";
import { rowsOf } from "../../../src/state/conversation";
import { FILE } from "../../support/place";
import { atRest } from "./sessions";
import { ready, until, workspaceFile, type Test } from "./support";

/** A problem that somebody else's extension reports. */
function report(uri: vscode.Uri): vscode.DiagnosticCollection {
  const collection = vscode.languages.createDiagnosticCollection("somebody else");
  const diagnostic = new vscode.Diagnostic(new vscode.Range(19, 42, 19, 50), "quantity is a str here", vscode.DiagnosticSeverity.Error);
  diagnostic.source = "somebody else";
  collection.set(uri, [diagnostic]);
  return collection;
}

async function fixAction(uri: vscode.Uri): Promise<vscode.CodeAction> {
  const actions = await vscode.commands.executeCommand<vscode.CodeAction[]>("vscode.executeCodeActionProvider", uri, new vscode.Range(19, 42, 19, 50));
  const found = actions.find(({ title, command }) => title.startsWith("Fix with Dispatch") && JSON.stringify(command?.arguments).includes("somebody else"));
  assert.ok(found, actions.map(({ title }) => title).join(", "));
  return found;
}

export const fixTests: Test[] = [
  ["a problem of another extension: the action opens the conversation, asks, changes the file, tells what it fixed", async () => {
    const app = await ready();
    await app.chat.leave();
    const uri = workspaceFile(FILE);
    const document = await vscode.workspace.openTextDocument(uri);
    await vscode.window.showTextDocument(document);
    const collection = report(uri);
    const action = await fixAction(uri);
    assert.equal(action.kind?.value, vscode.CodeActionKind.QuickFix.value);
    await vscode.commands.executeCommand(action.command?.command ?? "", ...(action.command?.arguments ?? []));
    await until(app.requests.onDidChange, () => app.requests.all.length === 1, "the agent asks");
    const [edit] = app.requests.all;
    assert.ok(edit?.operation === "write" && edit.target === uri.fsPath);
    assert.equal(app.chat.sessionId, edit.sessionId);
    assert.doesNotMatch(document.getText(), /int\(quantity\)/);
    assert.equal(await app.requests.reply(edit.permissionId, "allow", "once"), true);
    assert.equal(await app.requests.reply(edit.permissionId, "deny", "once"), false);
    await until(app.requests.onDidChange, () => app.requests.all[0]?.operation === "execute", "the agent asks to run the tests");
    assert.match(document.getText(), /quantity=int\(quantity\)/);
    await app.requests.reply(app.requests.all[0]?.permissionId ?? "", "deny", "once", "not now");
    await atRest(app, 5);
    const calls = rowsOf(app.chat.current as NonNullable<typeof app.chat.current>).filter((row) => row.kind === "tool_call");
    assert.deepEqual(calls.map(({ tool, status }) => `${tool} ${status}`), ["read_file completed", "edit_file completed", "run_shell denied"]);
    assert.ok(calls[1]?.diff);
    collection.dispose();
  }],

  ["without a problem in the file nothing is sent", async () => {
    const app = await ready();
    const uri = workspaceFile("README.md");
    await vscode.window.showTextDocument(uri);
    const before = app.chat.current;
    await vscode.commands.executeCommand("dispatch.problem.fix");
    assert.equal(app.chat.current?.seq, before?.seq);
  }],

  ["problems of the real language server are published, and gone when they are fixed", async () => {
    const app = await ready();
    const other = workspaceFile("shop/broken.py");
    await vscode.workspace.fs.writeFile(other, new TextEncoder().encode('count: int = "three"\n'));
    const editor = await vscode.window.showTextDocument(other);
    const problems = () => vscode.languages.getDiagnostics(other);
    await until(vscode.languages.onDidChangeDiagnostics, () => problems().length > 0, "the problem is shown");
    await editor.edit((edit) => edit.replace(new vscode.Range(0, 13, 0, 20), "3"));
    await until(vscode.languages.onDidChangeDiagnostics, () => problems().length === 0, "the problem is gone");
    const status = await app.client.request("dispatch/language/status", {});
    assert.ok(status.servers.some(({ state }) => state === "ready"));
  }],
];
