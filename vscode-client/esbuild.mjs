// Bundles the extension (Node) and its webview (browser); with `--tests <level>` also that level's tests.
import { readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import * as esbuild from "esbuild";

const minify = process.argv.includes("--minify");
const watch = process.argv.includes("--watch");
const level = process.argv[process.argv.indexOf("--tests") + 1];
const common = { bundle: true, minify, sourcemap: minify ? false : "linked", logLevel: "warning", metafile: true };

/** What VS Code loads. */
const product = [
  { ...common, entryPoints: ["src/extension.ts"], outfile: "dist/extension.js", platform: "node", format: "cjs", target: "node20", external: ["vscode"], mainFields: ["module", "main"] },
  { ...common, entryPoints: { chat: "src/webview/main.ts" }, outdir: "dist/webview", platform: "browser", format: "iife", target: "chrome122" },
];

/** Node 20 reads no TypeScript: each test file becomes one bundle. */
function tests(name) {
  const entryPoints = readdirSync(`test/${name}`).filter((file) => file.endsWith(".test.ts")).map((file) => `test/${name}/${file}`);
  const outdir = `dist/test/${name}`;
  rmSync(outdir, { recursive: true, force: true });
  const runner = { ...common, minify: false, entryPoints, outdir, platform: "node", format: "esm", outExtension: { ".js": ".mjs" }, target: "node20", external: ["playwright-core"], sourcemap: "inline" };
  // what runs inside the extension host is a bundle of its own, loaded by VS Code
  const inside = { ...common, minify: false, entryPoints: ["test/exthost/inside/index.ts"], outfile: "dist/test/exthost/inside.cjs", platform: "node", format: "cjs", target: "node20", external: ["vscode"] };
  return name === "exthost" ? [runner, inside] : [runner];
}

/** The licences of what is bundled travel with it. */
function licences(metafiles) {
  const inputs = metafiles.flatMap((metafile) => Object.keys(metafile.inputs));
  const packages = new Set(inputs.map((file) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[0]).filter(Boolean));
  return [...packages].sort().map((folder) => {
    const { name, version } = JSON.parse(readFileSync(path.join(folder, "package.json"), "utf8"));
    const file = readdirSync(folder).find((each) => /^licen[cs]e/i.test(each));
    return `${name} ${version}\n\n${file ? readFileSync(path.join(folder, file), "utf8").trim() : "see package"}\n`;
  }).join(`\n${"-".repeat(80)}\n\n`);
}

const builds = [...product, ...(process.argv.includes("--tests") ? tests(level) : [])];
if (watch) {
  for (const build of builds) await (await esbuild.context(build)).watch();
} else {
  const results = await Promise.all(builds.map((build) => esbuild.build(build)));
  writeFileSync("dist/THIRD_PARTY_LICENSES.txt", licences(results.slice(0, product.length).map((result) => result.metafile)));
}
