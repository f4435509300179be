import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";
import type { Browser } from "playwright-core";
import type { Attachment } from "../../src/rows";
import { launchChromium } from "../support/chromium";
import { ChatPage, READY } from "../support/page";
import { HEADER } from "../support/scene";

let browser: Browser;
let chat: ChatPage;

before(async () => void (browser = await launchChromium()));
after(() => browser.close());
beforeEach(async () => {
  chat = await ChatPage.open(browser);
  await chat.reset();
});
afterEach(() => chat.close());

const input = () => chat.page.getByRole("textbox", { name: "Message to the agent" });

const SELECTION: Attachment = {
  label: "shop.py:3–4",
  content: { type: "selection", uri: "file:///shop.py", range: { start: { line: 2, character: 0 }, end: { line: 3, character: 0 } }, text: "x = 1" },
};

test("Enter sends, Shift+Enter makes a new line; the text stays until the server has it", async () => {
  await input().fill("one");
  await input().press("Shift+Enter");
  await input().pressSequentially("two");
  await input().press("Enter");
  await input().press("Enter");
  const sent = await chat.sent("prompt");
  assert.deepEqual(sent.map((prompt) => prompt.text), ["one\ntwo"]);
  assert.equal(await input().inputValue(), "one\ntwo");
  await chat.post({ type: "prompted", messageId: sent[0]?.messageId ?? "" });
  assert.equal(await input().inputValue(), "");
});

test("a message that could not be sent is still there, with the reason", async () => {
  await input().fill("hello");
  await input().press("Enter");
  const [prompt] = await chat.sent("prompt");
  await chat.post({ type: "prompted", messageId: prompt?.messageId ?? "", error: "No key is configured." });
  assert.equal(await input().inputValue(), "hello");
  assert.equal(await chat.page.locator(".composer-note").textContent(), "No key is configured.");
  await input().press("Enter");
  assert.equal((await chat.sent("prompt")).length, 2);
});

test("nothing is sent that says nothing, or while no server is there", async () => {
  await input().press("Enter");
  await input().fill("   ");
  await input().press("Enter");
  await chat.change({ kind: "server", server: { ...READY, state: "stopped" } });
  await input().fill("hello");
  await input().press("Enter");
  assert.deepEqual(await chat.sent("prompt"), []);
});

test("while the agent works: Escape and the button stop, Enter queues", async () => {
  await chat.change({ kind: "header", header: { ...HEADER, state: "running" } });
  await chat.page.getByRole("button", { name: "Stop (Escape)" }).click();
  await input().press("Escape");
  assert.equal((await chat.sent("stop")).length, 2);
  await input().fill("and this");
  await input().press("Enter");
  assert.deepEqual((await chat.sent("prompt")).map((prompt) => prompt.text), ["and this"]);
  assert.equal((await chat.sent("stop")).length, 2);
});

test("what waits in the queue can be taken back", async () => {
  await chat.change({ kind: "queue", queue: [{ messageId: "q1", delivery: "queue", content: [{ type: "text", text: "later" }] }] });
  await chat.page.getByRole("button", { name: "Remove from the queue" }).click();
  assert.deepEqual(await chat.sent("unqueue"), [{ type: "unqueue", messageId: "q1" }]);
});

test("a selection goes along, once, and can be taken out", async () => {
  await chat.post({ type: "attach", attachment: SELECTION });
  await chat.post({ type: "attach", attachment: SELECTION });
  assert.equal(await chat.page.locator(".composer .chip").count(), 1);
  await input().fill("explain");
  await input().press("Enter");
  assert.deepEqual((await chat.sent("prompt"))[0]?.attachments, [SELECTION]);
  await chat.page.getByRole("button", { name: "Remove shop.py:3–4" }).click();
  assert.equal(await chat.page.locator(".composer .chip").count(), 0);
});

test("every state of the server says what can be done", async () => {
  const shown = async (server: Partial<typeof READY>) => {
    await chat.change({ kind: "server", server: { ...READY, ...server } });
    const banner = chat.page.locator(".banner");
    return (await banner.isVisible()) ? (await banner.getByRole("button").allInnerTexts()).join(", ") : "nothing";
  };
  assert.equal(await shown({}), "nothing");
  assert.equal(await shown({ state: "starting" }), "");
  assert.equal(await shown({ state: "missing" }), "Install, Try Again");
  assert.equal(await shown({ state: "failed", detail: "boom" }), "Restart, Show Log");
  assert.equal(await shown({ state: "stopped" }), "Restart, Show Log");
  assert.equal(await shown({ trusted: false }), "Manage Trust");
  assert.equal(await shown({ modelHint: "Set ANTHROPIC_API_KEY." }), "Get Started");
});

test("a suggestion of the empty chat is put there to be sent", async () => {
  await chat.page.locator(".suggestion").first().click();
  assert.equal(await input().inputValue(), "Run the tests and fix what fails");
  assert.deepEqual(await chat.sent("prompt"), []);
});
