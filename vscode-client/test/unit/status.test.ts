import assert from "node:assert/strict";
import { test } from "node:test";
import { Batch } from "../../src/batch";
import { statusOf } from "../../src/state/status";
import { chatPage } from "../../src/views/html";
import { session } from "../support/events";

test("the status bar: a broken server first, then requests, then work, then cost", () => {
  const ready = { state: "ready" } as const;
  assert.match(statusOf({ state: "missing" }, undefined, 0).text, /not installed/);
  assert.match(statusOf({ state: "failed", detail: "boom" }, session({ state: "running" }), 2).tooltip, /^boom/);
  assert.match(statusOf(ready, session({ state: "waiting", on: "permission" }), 2).text, /2 requests$/);
  assert.match(statusOf(ready, session({ state: "running", cost: 0.5 }), 0).text, /working · \$0.50$/);
  assert.match(statusOf(ready, session({ state: "idle" }), 0).text, /Dispatch: ready$/);
});

test("a batch delivers the first at once and the rest together, in order", async () => {
  const batches: number[][] = [];
  await new Promise<void>((resolve) => {
    const batch = new Batch<number>((items) => {
      batches.push(items);
      if (batches.length === 2) resolve();
    }, 1);
    batch.add(1);
    batch.add(2);
    batch.add(3, 4);
  });
  assert.deepEqual(batches, [[1], [2, 3, 4]]);
});

test("the page may load its own script and style, and reach nothing", () => {
  const page = chatPage({ script: "s.js", style: "s.css", source: "https://editor.example", nonce: "abc" });
  const policy = /Content-Security-Policy" content="([^"]*)"/.exec(page)?.[1];
  assert.equal(policy, "default-src 'none'; style-src https://editor.example; script-src 'nonce-abc'");
  assert.doesNotMatch(page, /unsafe|<script(?![^>]*nonce="abc")/);
});
