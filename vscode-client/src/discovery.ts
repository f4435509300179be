/** Where the server's command is found. No `vscode` here. */

import { access, constants } from "node:fs/promises";
import path from "node:path";

export interface Found {
  command: string;
  args: string[];
  from: "setting" | "workspace" | "path";
}

export interface Where {
  /** `dispatch.server.command`: the whole command, or empty. */
  setting: readonly string[];
  /** The workspace's folder; only given where the workspace is trusted, since its files are run. */
  trustedFolder?: string;
  path: string;
  /** The user's own folder: installers put programs below it that an editor's path may not know. */
  home: string;
  platform: NodeJS.Platform;
}

/** The commands in the order in which they are tried. A setting stands alone: a mistake in it must be seen. */
export function candidates({ setting, trustedFolder, path: searchPath, home, platform }: Where): Found[] {
  const [command, ...args] = setting;
  if (command) return [{ command, args, from: "setting" }];
  const windows = platform === "win32";
  const name = windows ? "dispatch-ls.exe" : "dispatch-ls";
  const join = windows ? path.win32.join : path.posix.join;
  const isAbsolute = windows ? path.win32.isAbsolute : path.posix.isAbsolute;
  const found: Found[] = [];
  if (trustedFolder) {
    found.push({ command: join(trustedFolder, ".venv", windows ? "Scripts" : "bin", name), args: ["serve"], from: "workspace" });
  }
  // a relative entry would find the workspace's own files
  for (const folder of [...searchPath.split(windows ? ";" : ":"), join(home, ".local", "bin")].filter(isAbsolute)) {
    found.push({ command: join(folder, name), args: ["serve"], from: "path" });
  }
  return found;
}

/** The first command that is there. */
export async function discover(where: Where): Promise<Found | undefined> {
  for (const candidate of candidates(where)) {
    if (candidate.from === "setting" || (await isExecutable(candidate.command))) return candidate;
  }
  return undefined;
}

/** What the user is told to run, the first of these tools that is on the path. */
export const INSTALLERS = [
  { tool: "uv", command: "uv tool install dispatch-ls" },
  { tool: "pipx", command: "pipx install dispatch-ls" },
  { tool: "pip", command: "pip install --user dispatch-ls" },
] as const;

/** The command that installs the server with what this machine has. */
export async function installCommand({ path: searchPath, platform }: Pick<Where, "path" | "platform">): Promise<string> {
  const windows = platform === "win32";
  for (const { tool, command } of INSTALLERS) {
    for (const folder of searchPath.split(windows ? ";" : ":").filter(Boolean)) {
      if (await isExecutable(path.join(folder, windows ? `${tool}.exe` : tool))) return command;
    }
  }
  return "python3 -m pip install --user dispatch-ls";
}

async function isExecutable(file: string): Promise<boolean> {
  return access(file, constants.X_OK).then(() => true, () => false);
}
