/** The chat's page as it is shipped, in Chromium, with a stand-in for the editor around it. */

import { readFile } from "node:fs/promises";
import type { Browser, Page } from "playwright-core";
import type { FromWebview, ToWebview } from "../../src/messages";
import type { Change, Row, ServerView, View } from "../../src/rows";
import { chatPage } from "../../src/views/html";
import { THEMES, type Theme } from "./themes";

const ORIGIN = "https://chat.test";

export class ChatPage {
  private number = 0;
  /** Addresses that the page tried to load, other than its own. */
  readonly strangers: string[] = [];
  /** What the browser complained about. */
  readonly complaints: string[] = [];

  private constructor(readonly page: Page) {}

  static async open(browser: Browser, theme: Theme = "dark", size = { width: 420, height: 760 }): Promise<ChatPage> {
    const context = await browser.newContext({ viewport: size, deviceScaleFactor: 2, reducedMotion: "reduce" });
    const chat = new ChatPage(await context.newPage());
    await chat.serve();
    await chat.page.addInitScript(editor);
    await chat.page.goto(`${ORIGIN}/`);
    await chat.page.evaluate(paint, THEMES[theme]);
    await chat.page.waitForFunction(() => window.sentMessages.some((message) => message.type === "ready"));
    return chat;
  }

  async reset(view: Partial<View> = {}): Promise<void> {
    this.number = 0;
    await this.post({ type: "reset", epoch: 1, view: { ...EMPTY, ...view } });
  }

  async change(...changes: Change[]): Promise<void> {
    this.number += 1;
    await this.post({ type: "changes", epoch: 1, number: this.number, changes });
  }

  async post(message: ToWebview): Promise<void> {
    await this.page.evaluate((text) => void window.dispatchEvent(new MessageEvent("message", { data: JSON.parse(text) })), JSON.stringify(message));
  }

  /** Wait until what was posted is drawn. */
  async drawn(): Promise<void> {
    await this.page.evaluate(() => new Promise<void>((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => resolve()))));
  }

  /** What the page sent so far, of one type. */
  async sent<T extends FromWebview["type"]>(type: T): Promise<(FromWebview & { type: T })[]> {
    const all = await this.page.evaluate(() => window.sentMessages);
    return all.filter((message): message is FromWebview & { type: T } => message.type === type);
  }

  async close(): Promise<void> {
    await this.page.context().close();
  }

  private async serve(): Promise<void> {
    const files: { [path: string]: [string, string] } = {
      "/": ["text/html", chatPage({ script: "/chat.js", style: "/chat.css", source: ORIGIN, nonce: "test" })],
      "/chat.js": ["text/javascript", await readFile("dist/webview/chat.js", "utf8")],
      "/chat.css": ["text/css", await readFile("dist/webview/chat.css", "utf8")],
    };
    await this.page.route("**", async (route) => {
      const file = files[new URL(route.request().url()).pathname];
      if (file && route.request().url().startsWith(ORIGIN)) return route.fulfill({ contentType: file[0], body: file[1] });
      this.strangers.push(route.request().url());
      return route.abort();
    });
    this.page.on("console", (line) => void (line.type() === "error" && this.complaints.push(line.text())));
    this.page.on("pageerror", (error) => void this.complaints.push(String(error)));
  }
}

declare global {
  interface Window {
    sentMessages: FromWebview[];
    acquireVsCodeApi: () => unknown;
  }
}

/** Runs in the page: what the editor gives to it. */
function editor(): void {
  window.sentMessages = [];
  let state: unknown;
  window.acquireVsCodeApi = () => ({
    postMessage: (message: FromWebview) => void window.sentMessages.push(message),
    getState: () => state,
    setState: (next: unknown) => void (state = next),
  });
}

/** Runs in the page: the theme. */
function paint(variables: { [name: string]: string }): void {
  for (const [name, value] of Object.entries(variables)) document.documentElement.style.setProperty(name, value);
}

export const READY: ServerView = { state: "ready", trusted: true };

const EMPTY: View = { server: READY, header: null, rows: [], queue: [], todos: [], permissions: [], questions: [], showThinking: true };

export function message(rowId: string, role: "user" | "assistant", text: string, live = false): Row {
  return { kind: "message", rowId, live, role, text, attachments: [], truncated: false };
}
