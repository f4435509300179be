import assert from "node:assert/strict";
import path from "node:path";
import { test } from "node:test";
import { FIX, project } from "../support/project";
import { CLIENT, TIMEOUT, VsCode } from "../support/vscode";

test("inside the extension host", { timeout: 3 * TIMEOUT }, async (t) => {
  const code = await VsCode.start(project([...FIX, { text: "Hello.", usage: { input: 10, output: 2 } }], { flags: ["--vscode-option", "enable-smoke-test-driver"], install: false }));
  try {
    const { exit, lines } = await inside(code);
    for (const line of lines) t.diagnostic(line);
    assert.equal(exit, 0, lines.filter((line) => line.startsWith("not ok")).join("\n"));
    assert.ok(lines.some((line) => line.startsWith("ok")), "no test ran");
  } finally {
    await code.dispose();
  }
});

/** Load the extension from its folder, with the bundle of tests beside it, and wait for their end. */
async function inside(code: VsCode): Promise<{ exit: number; lines: string[] }> {
  const at = (file: string) => `vscode-remote://127.0.0.1:${code.port}${file}`;
  const payload = [["extensionDevelopmentPath", at(CLIENT)], ["extensionTestsPath", at(path.join(CLIENT, "dist/test/exthost/inside.cjs"))], ["skipWelcome", "true"]];
  const lines: string[] = [];
  const exit = new Promise<number>((resolve) => {
    void code.open(`&payload=${encodeURIComponent(JSON.stringify(payload))}`, async (page) => {
      await page.exposeFunction("codeAutomationLog", (_type: string, values: unknown[]) => void lines.push(...values.map(String).filter((line) => /^(not )?ok /.test(line))));
      await page.exposeFunction("codeAutomationExit", (code: number) => resolve(code));
    });
  });
  return { exit: await exit, lines };
}
