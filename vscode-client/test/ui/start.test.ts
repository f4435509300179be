import assert from "node:assert/strict";
import { access } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";
import type { Page } from "playwright-core";
import { project } from "../support/project";
import { chatFrame, SERVER, showChat, statusBar, VsCode, type Options } from "../support/vscode";

/** An installer that does what the real one would: puts the server where programs of the user are. */
const INSTALLER = `#!/bin/sh
[ "$*" = "tool install dispatch-ls" ] && mkdir -p "$HOME/.local/bin" && ln -s ${SERVER} "$HOME/.local/bin/dispatch-ls"
`;

test("without a server the chat offers to install it, in a terminal that can be seen, and then starts", async () => {
  const options = project([], { serverCommand: [], path: ["{home}/bin", "/usr/bin", "/bin"] });
  await inWindow({ ...options, home: { ...options.home, "bin/uv": INSTALLER } }, async (page) => {
    await statusBar(page, "Dispatch: not installed").waitFor();
    await showChat(page);
    const chat = chatFrame(page);
    await chat.getByRole("button", { name: "Install" }).click();
    await page.locator('.terminal-wrapper, .terminal-outer-container').first().waitFor();
    await statusBar(page, "Dispatch: ready").waitFor();
    assert.equal(await chat.locator(".banner").isVisible(), false);
  });
});

test("a command that is wrong is one message in the chat, not a loop", async () => {
  await inWindow(project([], { serverCommand: ["/nowhere/dispatch-ls", "serve"] }), async (page) => {
    await statusBar(page, "Dispatch: failed").waitFor();
    await showChat(page);
    const chat = chatFrame(page);
    await chat.locator('.banner[data-level="error"]').waitFor();
    assert.equal(await chat.locator(".banner").getByRole("button", { name: "Restart" }).count(), 1);
  });
});

test("in a workspace that is not trusted its own server is not run and no language server starts, until it is", async () => {
  const settings = { "security.workspace.trust.enabled": true, "security.workspace.trust.startupPrompt": "never", "security.workspace.trust.banner": "never" };
  const options = project([], { settings, trust: true, serverCommand: [], path: ["{home}/bin", "/usr/bin", "/bin"] });
  const home = { ...options.home, "bin/dispatch-ls": `#!/bin/sh\nexec ${SERVER} "$@"\n`, "shop/.venv/bin/dispatch-ls": `#!/bin/sh\ntouch {home}/own-server-ran\nexec ${SERVER} "$@"\n` };
  await inWindow({ ...options, home }, async (page, code) => {
    await statusBar(page, "Dispatch: ready").waitFor();
    await showChat(page);
    const chat = chatFrame(page);
    await chat.locator('.banner:has-text("not trusted")').waitFor();
    await assert.rejects(access(path.join(code.root, "own-server-ran")));
    await chat.getByRole("button", { name: "Manage Trust" }).click();
    await page.locator('.workspace-trust-editor .monaco-button:has-text("Trust")').first().click();
    await chat.locator(".banner").waitFor({ state: "hidden" });
    await statusBar(page, "Dispatch: ready").waitFor();
  });
});

/** A window of its own; where a test fails in it, a picture of it is kept. */
async function inWindow(options: Options, body: (page: Page, code: VsCode) => Promise<void>): Promise<void> {
  const code = await VsCode.start(options);
  try {
    const page = await code.open();
    try {
      await body(page, code);
    } catch (error) {
      await page.screenshot({ path: path.join(tmpdir(), `failed ${path.basename(code.root)}.png`) });
      throw error;
    }
  } finally {
    await code.dispose();
  }
}
