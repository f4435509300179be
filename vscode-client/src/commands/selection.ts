/** The selection, or the whole line under the cursor, as an attachment. */

import * as vscode from "vscode";
import type { Attachment } from "../rows";

/** More is not sent along; the agent can read the file itself. */
const MOST_CHARACTERS = 20_000;

export function selectedText(editor: vscode.TextEditor): Attachment {
  const { document, selection } = editor;
  const range = selection.isEmpty ? document.lineAt(selection.active.line).range : new vscode.Range(selection.start, selection.end);
  const name = vscode.workspace.asRelativePath(document.uri, false);
  const [first, last] = [range.start.line + 1, range.end.line + 1];
  return {
    label: first === last ? `${name}:${first}` : `${name}:${first}–${last}`,
    content: {
      type: "selection",
      uri: document.uri.toString(),
      range: {
        start: { line: range.start.line, character: range.start.character },
        end: { line: range.end.line, character: range.end.character },
      },
      text: document.getText(range).slice(0, MOST_CHARACTERS),
    },
  };
}
