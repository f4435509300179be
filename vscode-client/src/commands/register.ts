/** Every command of the palette, and what it does. */

import * as vscode from "vscode";

export type Handlers = { [command: string]: () => Promise<void> };

/** Register the commands; what fails is said in one sentence, and written to the log. */
export function registerCommands(handlers: Handlers, log: vscode.LogOutputChannel): vscode.Disposable {
  return vscode.Disposable.from(
    ...Object.entries(handlers).map(([command, handler]) =>
      vscode.commands.registerCommand(command, () => guarded(handler, log, command)),
    ),
  );
}

/** Run it; tell the user where it fails. */
export async function guarded(run: () => Promise<void>, log: vscode.LogOutputChannel, what: string): Promise<void> {
  try {
    await run();
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    log.error(`${what}: ${text}`);
    void vscode.window.showErrorMessage(`Dispatch: ${plain(text)}`);
  }
}

/** Notifications make links of `[text](target)`; a message of the server is to stay a text. */
export function plain(text: string): string {
  return text.replace(/\]\(/g, "] (");
}
