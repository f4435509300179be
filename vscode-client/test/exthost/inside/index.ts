/** Runs in the extension host of a real VS Code, with a real server: loaded by it, see `exthost.test.ts`. */

import { commandTests } from "./commands";
import { fixTests } from "./fix";
import { sessionTests } from "./sessions";
import { report, type Test } from "./support";

const TESTS: Test[] = [...commandTests, ...sessionTests, ...fixTests];

/** Fails where a test fails. */
export async function run(): Promise<void> {
  let failures = 0;
  for (const [name, body] of TESTS) {
    try {
      await body();
      report(`ok ${name}`);
    } catch (error) {
      failures += 1;
      report(`not ok ${name}: ${error instanceof Error ? error.stack : String(error)}`);
    }
  }
  if (failures > 0) throw new Error(`${failures} of ${TESTS.length} failed`);
}
