import assert from "node:assert/strict";
import * as vscode from "vscode";
import { COMMANDS } from "../../../src/protocol";
import { ready, type Test } from "./support";

interface Manifest {
  contributes: {
    commands: { command: string; title: string; icon?: string; category?: string }[];
    keybindings: { command: string }[];
    menus: { [menu: string]: { command: string }[] };
    walkthroughs: { steps: { description: string }[] }[];
  };
}

const manifest = (): Manifest => vscode.extensions.getExtension("dispatch.dispatch-ls")?.packageJSON as Manifest;

export const commandTests: Test[] = [
  ["every command of the palette is there, with a title and an icon", async () => {
    await ready();
    const known = await vscode.commands.getCommands(true);
    for (const { command, title, icon, category } of manifest().contributes.commands) {
      assert.ok(known.includes(command), command);
      assert.ok(title && icon && category === "Dispatch", command);
    }
  }],

  ["keys, menus and the walkthrough name only commands that exist", async () => {
    const own = new Set(manifest().contributes.commands.map(({ command }) => command));
    const { keybindings, menus, walkthroughs } = manifest().contributes;
    const steps = walkthroughs.flatMap(({ steps }) => steps.flatMap(({ description }) => [...description.matchAll(/command:([\w.]+)/g)].map((match) => match[1] ?? "")));
    const named = [...keybindings, ...Object.values(menus).flat()].map(({ command }) => command);
    for (const command of [...named, ...steps]) assert.ok(own.has(command), command);
  }],

  ["the server's own commands are there, under names that the palette does not use", async () => {
    await ready();
    const known = await vscode.commands.getCommands(true);
    const own = new Set(manifest().contributes.commands.map(({ command }) => command));
    for (const command of COMMANDS) {
      assert.ok(known.includes(command), command);
      assert.ok(!own.has(command), command);
    }
  }],

  ["debug information names versions and states, and nothing of the workspace", async () => {
    await ready();
    await vscode.env.clipboard.writeText("");
    await vscode.commands.executeCommand("dispatch.debugInfo.copy");
    const text = await vscode.env.clipboard.readText();
    assert.match(text, /server: ready/);
    assert.match(text, /model: scripted/);
    assert.ok(!text.includes(vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? "?"), text);
  }],
];
