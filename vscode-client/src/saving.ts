/** `dispatch/save`: a file that was saved before an agent's edit stays saved, so that commands see what the editor shows. */

import * as vscode from "vscode";
import type { LanguageClient } from "vscode-languageclient/node";
import type { Requests } from "./protocol";

/** Answer the server's requests to save. */
export function saveOnRequest(client: LanguageClient): void {
  client.onRequest("dispatch/save", async ({ uri }: Requests["dispatch/save"]["params"]): Promise<Requests["dispatch/save"]["result"]> => {
    const document = vscode.workspace.textDocuments.find((each) => client.code2ProtocolConverter.asUri(each.uri) === uri);
    return { saved: document !== undefined && (await document.save()) };
  });
}
