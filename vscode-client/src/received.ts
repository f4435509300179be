/** What the user did in the chat's page. The page is not trusted further than its messages' shapes. */

import { randomUUID } from "node:crypto";
import * as vscode from "vscode";
import type { Chat } from "./chat";
import { WEBVIEW_COMMANDS, type FromWebview, type ToWebview } from "./messages";
import type { Requests } from "./requests";
import type { Content } from "./rows";
import { rowsOf } from "./state/conversation";
import type { Blobs } from "./views/blobs";
import { openLink, openLocation } from "./views/links";

export class Received {
  constructor(
    private readonly chat: Chat,
    private readonly requests: Requests,
    private readonly blobs: Blobs,
    private readonly send: (message: ToWebview) => void,
  ) {}

  async handle(message: FromWebview): Promise<void> {
    switch (message.type) {
      case "prompt":
        return this.prompt(message);
      case "retry":
        return this.retry();
      case "stop":
        return this.chat.stop();
      case "unqueue":
        return this.chat.unqueue(message.messageId);
      case "reply":
        return this.reply(message);
      case "answer":
        return this.chat.answer(message.questionId, message.answer);
      case "command":
        if (WEBVIEW_COMMANDS.includes(message.command)) await vscode.commands.executeCommand(message.command);
        return;
      case "openLink":
        return openLink(message.href);
      case "openLocation":
        return openLocation(message.uri, message.line);
      case "openBlob":
        return this.blobs.open(message.blobId, message.name);
      case "copy":
        return void (await vscode.env.clipboard.writeText(message.text));
      case "insert":
        return insert(message.text);
    }
  }

  /** The page keeps the text until it hears that the server has it. */
  private async prompt({ messageId, text, attachments }: FromWebview & { type: "prompt" }): Promise<void> {
    const said: Content[] = text === "" ? [] : [{ type: "text", text }];
    try {
      await this.chat.prompt(messageId, [...attachments.map((attachment) => attachment.content), ...said]);
      this.send({ type: "prompted", messageId });
    } catch (error) {
      this.send({ type: "prompted", messageId, error: error instanceof Error ? error.message : String(error) });
    }
  }

  private async retry(): Promise<void> {
    const rows = this.chat.current ? rowsOf(this.chat.current) : [];
    const last = rows.findLast((row) => row.kind === "message" && row.role === "user");
    if (last?.kind !== "message") return;
    await this.chat.prompt(randomUUID(), last.attachments.length > 0 ? last.attachments : [{ type: "text", text: last.text }]);
  }

  private async reply({ permissionId, decision, scope, message }: FromWebview & { type: "reply" }): Promise<void> {
    try {
      const accepted = await this.requests.reply(permissionId, decision, scope, message);
      this.send({ type: "replied", permissionId, ...(accepted ? {} : { error: "This was answered elsewhere already." }) });
    } catch (error) {
      this.send({ type: "replied", permissionId, error: error instanceof Error ? error.message : String(error) });
    }
  }
}

async function insert(text: string): Promise<void> {
  const editor = vscode.window.activeTextEditor;
  if (editor === undefined) {
    await vscode.window.showTextDocument(await vscode.workspace.openTextDocument({ content: text }));
    return;
  }
  await editor.edit((edit) => edit.replace(editor.selection, text));
}
