import type { ExtensionContext } from "vscode";
import { App } from "./app";

let app: App | undefined;

export async function activate(context: ExtensionContext): Promise<App> {
  app = new App(context);
  await app.open();
  return app;
}

export async function deactivate(): Promise<void> {
  await app?.close();
}
