import assert from "node:assert/strict";
import { mkdir, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before } from "node:test";
import type { Locator, Page } from "playwright-core";
import { FILE } from "../support/place";
import { FIX, project, type Line } from "../support/project";
import { chatFrame, statusBar, steps, VsCode, widen } from "../support/vscode";

/** Where pictures for the README go, if they are wanted, and in which theme. */
const SCREENSHOTS = process.env["DISPATCH_SCREENSHOTS"];
const THEME = process.env["DISPATCH_THEME"] ?? "Default Dark Modern";

const STORY: Line = { when: "Tell me a story", text: "Once upon a time there was a parser. ".repeat(400), delay_ms: 20, chunk: 6 };

let code: VsCode;
let page: Page;

before(async () => {
  code = await VsCode.start(project([...FIX, STORY], { settings: { "workbench.colorTheme": THEME } }));
  page = await code.open();
});
after(() => code.dispose());

const step = steps(async (name) => void (await page.screenshot({ path: path.join(tmpdir(), `failed ${name.slice(0, 40)}.png`) })));
const chat = (selector: string): Locator => chatFrame(page).locator(selector);
const answer = (label: RegExp): Promise<void> => chatFrame(page).locator('.permission[data-armed="true"]').getByRole("button", { name: label }).click();

step("the server starts with the window", () => statusBar(page, "Dispatch: ready").waitFor());

step("a type error of the real language server is shown, and Fix with Dispatch on it opens the chat", async () => {
  await page.keyboard.press("Control+P");
  await page.locator(".quick-input-widget input").fill("orders.py");
  await page.locator('.quick-input-list .monaco-list-row[aria-label^="orders.py"]').first().click();
  await page.locator(".monaco-editor .squiggly-error").first().waitFor();
  await page.keyboard.press("F8");
  await page.keyboard.press("Escape");
  await page.keyboard.press("Control+.");
  await page.locator('.action-widget .monaco-list-row:has-text("Fix with Dispatch")').click();
  await chat(".message.user .chip").waitFor();
  if (SCREENSHOTS !== undefined) await widen(page, 440);
  assert.match(await chat(".message.user").innerText(), /^orders\.py:\d+ .*\s*Fix this problem\. Change nothing else\.$/);
});

step("it asks before it changes the file; allowed for the session, the change and the fixed problem are shown", async () => {
  await chat(".permission").waitFor();
  assert.match(await chat(".permission .target").innerText(), /shop\/orders\.py$/);
  assert.doesNotMatch(await contents(), /int\(quantity\)/);
  await statusBar(page, "Dispatch: 1 request").waitFor();
  await answer(/for this session/);
  const edit = chat('.tool[data-kind="edit"][data-status="completed"]');
  await edit.waitFor();
  assert.match(await edit.locator(".line.added").innerText(), /quantity=int\(quantity\)/);
  assert.match(await edit.locator("summary").first().innerText(), /\+1[\s\S]*−1[\s\S]*1 fixed/);
  assert.match(await contents(), /int\(quantity\)/);
});

step("it asks before it runs a command; the output and the exit code are shown, and the end is told", async () => {
  await chat('.permission:has-text("Run this command?")').waitFor();
  assert.equal(await chat(".permission .target").innerText(), "python3 -m unittest");
  await chat('.permission[data-armed="true"]').waitFor();
  await screenshot("permission");
  await answer(/^Allow once/);
  await chat('.tool[data-kind="execute"] .fact:has-text("exit 0")').waitFor();
  await chat('.message.assistant:has-text("3 tests")').waitFor();
  await statusBar(page, "Dispatch: ready · $0.0").waitFor();
  await page.locator(".monaco-editor .squiggly-error").waitFor({ state: "detached" });
  await screenshot("chat");
});

step("the server is killed while it speaks: it starts again, and what was said is there", async () => {
  await chat("textarea").fill("Tell me a story");
  await chat("textarea").press("Enter");
  const begun = "Once upon a time there was a parser. ".repeat(4).trim();
  await chat(`.message.assistant.live:has-text("${begun}")`).waitFor();
  const [pid] = code.serverProcesses();
  assert.ok(pid);
  process.kill(pid, "SIGKILL");
  await chat('.message.assistant:not(.live):has-text("Once upon a time"):has-text("cut off")').waitFor();
  await chat('.notice[data-level="error"]').waitFor();
  await statusBar(page, "Dispatch: ready").waitFor();
});

step("after a reload of the window the conversation is there, and one server", async () => {
  await page.reload();
  await statusBar(page, "Dispatch: ready").waitFor();
  await chat('.message.assistant:has-text("3 tests")').waitFor();
  await chat('.message.assistant:has-text("cut off")').waitFor();
  assert.equal(await chat(".message.user").count(), 2);
  assert.equal(await chat('.tool[data-status="completed"]').count(), 3);
  assert.equal(code.serverProcesses().length, 1);
});

step("it goes on from there", async () => {
  await chat("textarea").fill("Tell me a story again");
  await chat("textarea").press("Enter");
  await chat(".message.assistant.live").waitFor();
  await chat("textarea").press("Escape");
  await chat('.notice:has-text("Stopped")').waitFor();
});

function contents(): Promise<string> {
  return readFile(path.join(code.workspace, FILE), "utf8");
}

async function screenshot(name: string): Promise<void> {
  if (SCREENSHOTS === undefined) return;
  await mkdir(SCREENSHOTS, { recursive: true });
  await page.mouse.move(1000, 700);
  await page.screenshot({ path: path.join(SCREENSHOTS, `${name}.png`) });
}
