/** The sample project with its real type error, and a model that plays a script in it. */

import { readdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import { FILE } from "./place";
import type { Options } from "./vscode";

const SAMPLE = path.resolve("../server/dispatch_ls/cli/sample/project");

export const CONFIG = `version = 1

[[keys]]
id = "script"
provider = "scripted"
base_url = "file://{home}/script.jsonl"

[[models]]
id = "scripted"
provider = "scripted"
price = { input = 3.0, output = 15.0 }

[defaults]
model = "scripted"
`;

/** One answer of the model; the fields of a scripted model's line. */
export interface Line {
  when?: string;
  thought?: string;
  text?: string;
  tool_calls?: { name: string; arguments: object }[];
  usage?: { input: number; output: number };
  delay_ms?: number;
  chunk?: number;
}

export const FIX: Line[] = [
  {
    thought: "`quantity` comes out of `str.partition`, so it is a `str`. It has to become a number where it enters.",
    text: "`partition` gives text, and the quantity is passed on as it is. I look at the code first.",
    tool_calls: [{ name: "read_file", arguments: { path: FILE } }],
    usage: { input: 1400, output: 90 },
  },
  {
    text: "The number is made where the text enters.",
    tool_calls: [{ name: "edit_file", arguments: { path: FILE, old_text: "quantity=quantity,", new_text: "quantity=int(quantity)," } }],
    usage: { input: 1900, output: 110 },
  },
  { text: "The type checker is content. Now the tests.", tool_calls: [{ name: "run_shell", arguments: { command: "python3 -m unittest" } }], usage: { input: 2200, output: 40 } },
  { text: "Fixed. `parse` passed the quantity on as text; it is now `int(quantity)`.\n\n- the type error is gone\n- all **3 tests** pass", usage: { input: 2450, output: 70 } },
].map((line) => ({ when: "Fix this problem", delay_ms: 5, chunk: 6, ...line }));

/** Options for a window with the project and a model that knows these lines. */
export function project(lines: Line[], more: Partial<Options> = {}): Options {
  return { files: sampleFiles(), config: CONFIG, home: { "script.jsonl": lines.map((line) => `${JSON.stringify(line)}\n`).join("") }, ...more };
}

function sampleFiles(folder = ""): { [file: string]: string } {
  const files: { [file: string]: string } = {};
  for (const name of readdirSync(path.join(SAMPLE, folder))) {
    const file = path.posix.join(folder, name);
    if (name.startsWith(".") || name === "__pycache__") continue;
    if (statSync(path.join(SAMPLE, file)).isDirectory()) Object.assign(files, sampleFiles(file));
    else files[file] = readFileSync(path.join(SAMPLE, file), "utf8");
  }
  return files;
}
