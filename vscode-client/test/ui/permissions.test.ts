import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before } from "node:test";
import type { Page } from "playwright-core";
import { project, type Line } from "../support/project";
import { chatFrame, runCommand, showChat, showExplorer, statusBar, steps, VsCode } from "../support/vscode";

const write = (file: string): Line[] => [
  { when: `write ${file}`, text: "I take a while to think about it. ".repeat(12), delay_ms: 25, chunk: 6, tool_calls: [{ name: "write_file", arguments: { path: file, content: "done\n" } }] },
  { when: `write ${file}`, text: `That was ${file}.` },
];

let code: VsCode;
let page: Page;

before(async () => {
  code = await VsCode.start(project(["one.txt", "two.txt", "three.txt"].flatMap(write)));
  page = await code.open();
});
after(() => code.dispose());

const step = steps(async (name) => void (await page.screenshot({ path: path.join(tmpdir(), `failed ${name.slice(0, 40)}.png`) })));
const chat = (selector: string) => chatFrame(page).locator(selector);
const option = (label: string) => page.locator(`.quick-input-list .monaco-list-row[aria-label*="${label}"]`);
const written = (file: string) => readFile(path.join(code.workspace, file), "utf8").catch(() => undefined);

async function say(text: string): Promise<void> {
  await chat("textarea").fill(text);
  await chat("textarea").press("Enter");
  await chat(`.message.user:has-text("${text}")`).waitFor();
}

step("while the chat is hidden a request is announced and counted", async () => {
  await statusBar(page, "Dispatch: ready").waitFor();
  await showChat(page);
  await say("write one.txt");
  await showExplorer(page);
  await page.locator('.notification-toast:has-text("Dispatch asks for permission to change a file.")').waitFor();
  await statusBar(page, "Dispatch: 1 request").waitFor();
  await page.locator('.activitybar .badge-content:has-text("1")').waitFor();
});

step("the quick pick shows what exactly; leaving it is no answer", async () => {
  await page.locator('.notification-toast .monaco-button:has-text("Answer…")').click();
  await option("Allow once").waitFor();
  assert.match(await page.locator(".quick-input-list").innerText(), /one\.txt/);
  assert.match(await page.locator(".quick-input-list .monaco-list-row.focused").innerText(), /Deny/);
  await page.keyboard.press("Escape");
  await option("Allow once").waitFor({ state: "hidden" });
  await statusBar(page, "Dispatch: 1 request").waitFor();
  assert.equal(await written("one.txt"), undefined);
});

step("asked for again with a key, it can be allowed", async () => {
  await page.keyboard.press("Control+Alt+Y");
  await option("Allow once").waitFor();
  // not before it has been there for a moment
  await page.waitForFunction((since) => performance.now() - since > 450, await page.evaluate(() => performance.now()));
  await option("Allow once").click();
  await statusBar(page, "Dispatch: ready").waitFor();
  assert.equal(await written("one.txt"), "done\n");
});

step("a quick pick closes when the request is answered in the chat", async () => {
  await showChat(page);
  await say("write two.txt");
  await chat('.permission[data-armed="true"]').waitFor();
  await statusBar(page, "Dispatch: 1 request").click();
  await option("Allow once").waitFor();
  await chat('.permission [data-decision="deny"]').click();
  await option("Allow once").waitFor({ state: "hidden" });
  await chat('.tool[data-status="denied"]').waitFor();
  assert.equal(await written("two.txt"), undefined);
});

step("an open request outlives the window", async () => {
  await say("write three.txt");
  await chat(".permission").waitFor();
  await page.reload();
  await chat('.permission[data-armed="true"]').waitFor();
  assert.match(await chat(".permission .target").innerText(), /three\.txt$/);
  await chat('.permission [data-decision="allow"][data-scope="once"]').click();
  await chat('.message.assistant:has-text("That was three.txt.")').waitFor();
  assert.equal(await written("three.txt"), "done\n");
});

step("conversations are listed, begun and opened again", async () => {
  await runCommand(page, "Dispatch: New Conversation");
  await chat(".empty").waitFor();
  await runCommand(page, "Dispatch: Open Conversation…");
  await option("write one.txt").click();
  await chat('.message.assistant:has-text("That was three.txt.")').waitFor();
});

step("a selection goes along with the next message", async () => {
  await page.keyboard.press("Control+P");
  await page.locator(".quick-input-widget input").fill("README.md");
  await page.locator('.quick-input-list .monaco-list-row[aria-label^="README.md"]').first().click();
  await page.locator('.monaco-editor .view-line:has-text("Reads an order")').click();
  await page.keyboard.press("Shift+End");
  await runCommand(page, "Dispatch: Add Selection to Chat");
  await chat('.composer .chip:has-text("README.md:3")').waitFor();
});
