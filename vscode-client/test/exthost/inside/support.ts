import * as vscode from "vscode";
import type { App } from "../../../src/app";

export type Test = [name: string, body: () => Promise<void>];

/** Milliseconds until something that should happen counts as not happening. */
const PATIENCE = 45_000;

export function report(line: string): void {
  console.log(line);
}

/** The extension, its server ready. */
export async function ready(): Promise<App> {
  const extension = vscode.extensions.getExtension<App>("dispatch.dispatch-ls");
  if (extension === undefined) throw new Error("the extension is not there");
  const app = await extension.activate();
  await until(app.client.onDidChange, () => app.client.state.state === "ready", "the server is ready");
  return app;
}

/** Wait until the condition holds; it is looked at again whenever the event fires. */
export function until<T>(event: vscode.Event<T>, condition: () => boolean, what: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => finish(new Error(`waited in vain until ${what}`)), PATIENCE);
    const subscription = event(() => condition() && finish());
    const finish = (error?: Error): void => {
      clearTimeout(timer);
      subscription.dispose();
      if (error) reject(error);
      else resolve();
    };
    if (condition()) finish();
  });
}

export function workspaceFile(name: string): vscode.Uri {
  const folder = vscode.workspace.workspaceFolders?.[0];
  if (folder === undefined) throw new Error("no workspace");
  return vscode.Uri.joinPath(folder.uri, name);
}
