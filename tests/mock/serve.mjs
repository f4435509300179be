// Serves the fixtures on a free port of 127.0.0.1, says its address in one line, ends when its standard input does.
import { LLMock } from "@copilotkit/aimock";
import { readFileSync } from "node:fs";

const fixtures = JSON.parse(readFileSync(new URL("fixtures.json", import.meta.url), "utf8"));
const mock = new LLMock({ port: 0, host: "127.0.0.1", logLevel: "silent", journalMaxEntries: 50 });
mock.addFixtures(fixtures);
await mock.start();
process.stdout.write(`${mock.url}\n`);
process.stdin.resume();
process.stdin.on("end", async () => {
  await mock.stop();
  process.exit(0);
});
