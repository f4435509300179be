import assert from "node:assert/strict";
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { candidates, discover, installCommand } from "../../src/discovery";

let folder: string;

before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "discovery-"));
});

after(() => rm(folder, { recursive: true, force: true }));

async function executable(...parts: string[]): Promise<string> {
  const file = path.join(folder, ...parts);
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, "#!/bin/sh\n");
  await chmod(file, 0o755);
  return file;
}

test("the setting goes first and stands alone", () => {
  const found = candidates({ setting: ["/opt/d", "serve", "-v"], trustedFolder: "/w", path: "/usr/bin", home: "/home/me", platform: "linux" });
  assert.deepEqual(found, [{ command: "/opt/d", args: ["serve", "-v"], from: "setting" }]);
});

test("a workspace that is not trusted runs nothing of its own", () => {
  const found = candidates({ setting: [], path: "/usr/bin", home: "/home/me", platform: "linux" });
  assert.deepEqual(found.map(({ command }) => command), ["/usr/bin/dispatch-ls", "/home/me/.local/bin/dispatch-ls"]);
});

test("relative entries of the path are passed over: they would find the workspace's files", () => {
  const found = candidates({ setting: [], path: ".::bin:/usr/bin", home: "/home/me", platform: "linux" });
  assert.deepEqual(found.map(({ command }) => command), ["/usr/bin/dispatch-ls", "/home/me/.local/bin/dispatch-ls"]);
});

test("Windows has its own names", () => {
  const found = candidates({ setting: [], trustedFolder: "C:\\w", path: "C:\\bin;.", home: "C:\\Users\\me", platform: "win32" });
  assert.deepEqual(found.map(({ command }) => command), ["C:\\w\\.venv\\Scripts\\dispatch-ls.exe", "C:\\bin\\dispatch-ls.exe", "C:\\Users\\me\\.local\\bin\\dispatch-ls.exe"]);
});

test("the workspace's environment goes before the path, and only what can be run counts", async () => {
  const onPath = await executable("bin", "dispatch-ls");
  const where = { setting: [], trustedFolder: path.join(folder, "w"), path: path.join(folder, "bin"), home: folder, platform: "linux" as const };
  assert.equal((await discover(where))?.command, onPath);
  const ownOne = await executable("w", ".venv", "bin", "dispatch-ls");
  assert.equal((await discover(where))?.command, ownOne);
  await chmod(ownOne, 0o644);
  assert.equal((await discover(where))?.command, onPath);
  assert.equal(await discover({ ...where, path: "" }), undefined);
  const installed = await executable(".local", "bin", "dispatch-ls");
  assert.equal((await discover({ ...where, path: "" }))?.command, installed);
});

test("installing uses what the machine has", async () => {
  await executable("tools", "pipx");
  assert.equal(await installCommand({ path: path.join(folder, "tools"), platform: "linux" }), "pipx install dispatch-ls");
  assert.equal(await installCommand({ path: "", platform: "linux" }), "python3 -m pip install --user dispatch-ls");
});
