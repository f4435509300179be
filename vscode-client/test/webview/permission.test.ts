import assert from "node:assert/strict";
import { after, before, beforeEach, afterEach, test } from "node:test";
import type { Browser } from "playwright-core";
import { ARM_DELAY } from "../../src/webview/permissionCard";
import { launchChromium } from "../support/chromium";
import { ChatPage } from "../support/page";
import { HEADER, PERMISSION } from "../support/scene";

let browser: Browser;
let chat: ChatPage;

before(async () => void (browser = await launchChromium()));
after(() => browser.close());

/** Time stands still but for what a test lets pass. */
beforeEach(async () => {
  chat = await ChatPage.open(browser);
  await chat.page.clock.install({ time: 0 });
  await chat.page.clock.pauseAt(1000);
  await chat.reset({ header: { ...HEADER, state: "waiting", on: "permission" }, permissions: [PERMISSION] });
});
afterEach(() => chat.close());

const button = (label: string) => chat.page.getByRole("button", { name: label, exact: false }).first();
const pass = (milliseconds: number) => chat.page.clock.runFor(milliseconds);
/** As a mouse does it: where the button is, whether it is ready or not. */
const click = (label: string) => button(label).dispatchEvent("click");

test("a click that was meant for something else decides nothing; after a moment it counts, once", async () => {
  await click("Allow once");
  await pass(ARM_DELAY - 1);
  await click("Allow once");
  assert.deepEqual(await chat.sent("reply"), []);
  await pass(2);
  await click("Allow for this conversation");
  await click("Allow once");
  assert.deepEqual(await chat.sent("reply"), [{ type: "reply", permissionId: "p1", decision: "allow", scope: "session" }]);
});

test("a request that slides under the pointer waits again, and an answer goes to the request it was given on", async () => {
  const second = { ...PERMISSION, permissionId: "p2", target: "rm -rf /" };
  await chat.change({ kind: "permissions", permissions: [PERMISSION, second] });
  await pass(ARM_DELAY + 1);
  await chat.change({ kind: "permissions", permissions: [second] });
  await click("Allow once");
  assert.deepEqual(await chat.sent("reply"), []);
  await pass(ARM_DELAY + 1);
  await click("Deny");
  assert.deepEqual(await chat.sent("reply"), [{ type: "reply", permissionId: "p2", decision: "deny", scope: "once" }]);
});

test("with the keyboard: Enter and Escape answer nothing, a digit answers, but not while a reason is written", async () => {
  await pass(ARM_DELAY + 1);
  const card = chat.page.locator(".permission");
  await card.focus();
  for (const key of ["Enter", "Escape", "Space", "9", "0"]) await chat.page.keyboard.press(key);
  await card.locator(".why").fill("1");
  await card.locator(".why").press("2");
  assert.deepEqual(await chat.sent("reply"), []);
  await card.focus();
  await chat.page.keyboard.press("1");
  assert.deepEqual(await chat.sent("reply"), [{ type: "reply", permissionId: "p1", decision: "allow", scope: "once" }]);
});

test("a reason goes along with a no", async () => {
  await pass(ARM_DELAY + 1);
  await chat.page.locator(".why").fill("use uv instead");
  await chat.page.locator(".why").press("Enter");
  assert.deepEqual(await chat.sent("reply"), [{ type: "reply", permissionId: "p1", decision: "deny", scope: "once", message: "use uv instead" }]);
});

test("the target is shown whole, hidden characters by name", async () => {
  assert.equal(await chat.page.locator(".target").textContent(), "python -m pytest -q tests && rm -r build⟨U+202E⟩/tmp");
  assert.equal(await chat.page.locator(".target .marked").textContent(), "⟨U+202E⟩");
});

test("an answer that came too late is said, and the card can be used again if it is still there", async () => {
  await pass(ARM_DELAY + 1);
  await click("Allow once");
  await chat.post({ type: "replied", permissionId: "p1", error: "This was answered elsewhere already." });
  assert.equal(await chat.page.locator(".card-note").textContent(), "This was answered elsewhere already.");
  await pass(ARM_DELAY + 1);
  await click("Deny");
  assert.equal((await chat.sent("reply")).length, 2);
});

test("what was answered elsewhere goes away", async () => {
  await chat.change({ kind: "permissions", permissions: [] });
  assert.equal(await chat.page.locator(".permission").count(), 0);
});
