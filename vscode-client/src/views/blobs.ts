/** Long outputs, read from the server into a read-only document. */

import * as vscode from "vscode";
import type { Client } from "../client";

const SCHEME = "dispatch-blob";
const PIECE = 1024 * 1024;

/** More than this is not put into an editor; in bytes. */
const MOST = 16 * 1024 * 1024;

export class Blobs implements vscode.TextDocumentContentProvider, vscode.Disposable {
  private readonly registration: vscode.Disposable;

  constructor(private readonly client: Client) {
    this.registration = vscode.workspace.registerTextDocumentContentProvider(SCHEME, this);
  }

  /** Show one; `name` becomes the tab's. */
  async open(blobId: string, name: string): Promise<void> {
    const uri = vscode.Uri.from({ scheme: SCHEME, path: `/${name.replace(/[^\w.-]+/g, "_") || "output"}`, query: blobId });
    await vscode.window.showTextDocument(uri, { preview: true });
  }

  async provideTextDocumentContent(uri: vscode.Uri, cancelled: vscode.CancellationToken): Promise<string> {
    const pieces: string[] = [];
    for (let offset = 0; !cancelled.isCancellationRequested; ) {
      const part = await this.client.request("dispatch/blob/read", { blobId: uri.query, offset, length: PIECE });
      pieces.push(part.text);
      if (part.nextOffset >= part.size || part.nextOffset <= offset) break;
      offset = part.nextOffset;
      if (offset >= MOST) {
        pieces.push(`\n… cut: ${part.size} bytes in all\n`);
        break;
      }
    }
    return pieces.join("");
  }

  dispose(): void {
    this.registration.dispose();
  }
}
