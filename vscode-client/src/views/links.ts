/** Links in what an agent wrote: opened when the user has seen where they lead (PI-04). */

import * as vscode from "vscode";
import { isSafeLink } from "../text/markdown";
import { visible } from "../text/visible";

/** Open a link of the conversation: the web after a question, a relative one as a file of the workspace. */
export async function openLink(href: string): Promise<void> {
  if (!isSafeLink(href)) return;
  if (!/^[a-z][a-z0-9+.-]*:/i.test(href)) return openWorkspacePath(href);
  const choice = await vscode.window.showInformationMessage(
    "Open this address?", { modal: true, detail: visible(href) }, "Open", "Copy Address",
  );
  if (choice === "Open") await vscode.env.openExternal(vscode.Uri.parse(href, true));
  else if (choice === "Copy Address") await vscode.env.clipboard.writeText(href);
}

/** Show a file, at a line (1-based). */
export async function openLocation(uri: string, line?: number): Promise<void> {
  const target = vscode.Uri.parse(uri, true);
  if (target.scheme !== "file") return;
  const at = line === undefined ? undefined : new vscode.Range(line - 1, 0, line - 1, 0);
  await vscode.window.showTextDocument(target, { preview: true, selection: at });
}

async function openWorkspacePath(href: string): Promise<void> {
  const [, path = "", line] = /^([^#?]*)(?:#L(\d+))?/.exec(href) ?? [];
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  if (folder === undefined || path === "") return;
  const target = vscode.Uri.joinPath(folder, decodeURIComponent(path));
  if (!target.path.startsWith(`${folder.path.replace(/\/$/, "")}/`)) return;
  await openLocation(target.toString(), line === undefined ? undefined : Number(line));
}
