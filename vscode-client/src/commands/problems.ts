/** Fix or explain from the palette: the problem that is nearest to the cursor, whoever reported it. */

import * as vscode from "vscode";
import type { Client } from "../client";

export async function onProblemAtCursor(client: Client, command: "dispatch.fix" | "dispatch.explain"): Promise<void> {
  const editor = vscode.window.activeTextEditor;
  if (editor === undefined) {
    void vscode.window.showInformationMessage("Open a file first.");
    return;
  }
  const diagnostic = nearest(vscode.languages.getDiagnostics(editor.document.uri), editor.selection.active);
  if (diagnostic === undefined) {
    void vscode.window.showInformationMessage("No problem is reported in this file.");
    return;
  }
  await client.onProblem(command, editor.document.uri, diagnostic);
}

function nearest(diagnostics: readonly vscode.Diagnostic[], at: vscode.Position): vscode.Diagnostic | undefined {
  const distance = ({ range }: vscode.Diagnostic) => (range.contains(at) ? -1 : Math.abs(range.start.line - at.line));
  return [...diagnostics].sort((one, other) => distance(one) - distance(other) || one.severity - other.severity)[0];
}
