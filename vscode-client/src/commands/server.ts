/** Commands about the server itself: installing it, reporting about it. */

import * as vscode from "vscode";
import type { Client } from "../client";
import { installCommand } from "../discovery";
import { PROTOCOL_VERSION } from "../protocol";

/** Milliseconds between looks for what is being installed. */
const LOOK_EVERY = 1_000;

/** Type the installation into a terminal that the user sees, and start the server once it is there. */
export async function installServer(client: Client): Promise<void> {
  const command = await installCommand({ path: process.env["PATH"] ?? "", platform: process.platform });
  const terminal = vscode.window.createTerminal({ name: "Install Dispatch", iconPath: new vscode.ThemeIcon("cloud-download") });
  terminal.show();
  terminal.sendText(command, true);
  while (terminal.exitStatus === undefined && client.state.state === "missing") {
    if (await client.discover()) return client.restart();
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY));
  }
}

/** What a bug report needs, without anything of the workspace. */
export async function copyDebugInformation(client: Client, context: vscode.ExtensionContext): Promise<void> {
  const lines = [
    `Dispatch extension ${String(context.extension.packageJSON.version)}, protocol ${PROTOCOL_VERSION}`,
    `${vscode.env.appName} ${vscode.version}, ${process.platform} ${process.arch}, Node ${process.version}`,
    `workspace trusted: ${vscode.workspace.isTrusted}, folders: ${vscode.workspace.workspaceFolders?.length ?? 0}, remote: ${vscode.env.remoteName ?? "no"}`,
    `server: ${client.state.state}${client.state.detail ? ` (${client.state.detail})` : ""}`,
    `server command from: ${client.found?.from ?? "nowhere"}`,
    ...(await serverLines(client)),
  ];
  await vscode.env.clipboard.writeText(lines.join("\n"));
  void vscode.window.showInformationMessage("Dispatch: debug information copied.");
}

async function serverLines(client: Client): Promise<string[]> {
  if (client.state.state !== "ready") return [];
  const [languages, models, config] = await Promise.all([
    client.request("dispatch/language/status", {}),
    client.request("dispatch/model/list", {}),
    client.request("dispatch/config/get", {}),
  ]);
  return [
    ...languages.servers.map((server) => `language server: ${server.server} ${server.version ?? ""} ${server.state}`),
    ...models.models.map((model) => `model: ${model.model} (${model.provider}) ${model.usable ? "usable" : "not usable"}`),
    `configuration: ${config.files.length} files, ${config.problems.length} problems`,
  ];
}
