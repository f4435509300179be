/** The extension, as the page sees it. */

import type { FromWebview, WebviewCommand } from "../messages";
import type { Attachment } from "../rows";

/** What survives when the page is closed: only what was not sent. */
export interface Draft {
  text: string;
  attachments: Attachment[];
}

interface VsCode {
  postMessage(message: FromWebview): void;
  getState(): Draft | undefined;
  setState(state: Draft): void;
}

declare function acquireVsCodeApi(): VsCode;

export class Host {
  private readonly vscode = acquireVsCodeApi();

  send(message: FromWebview): void {
    this.vscode.postMessage(message);
  }

  command(command: WebviewCommand): void {
    this.send({ type: "command", command });
  }

  get draft(): Draft {
    return this.vscode.getState() ?? { text: "", attachments: [] };
  }

  set draft(draft: Draft) {
    this.vscode.setState(draft);
  }
}
