import assert from "node:assert/strict";
import { test } from "node:test";
import { ago, bytes, money, tokens } from "../../src/text/figures";
import { parsePatch, patchSize } from "../../src/text/patch";
import { terminalText } from "../../src/text/terminal";
import { visible, visibleLine, visiblePieces, withoutIcons } from "../../src/text/visible";

test("hidden and misleading characters are named", () => {
  assert.equal(visible("rm \u202Egpj.exe"), "rm ⟨U+202E⟩gpj.exe");
  assert.equal(visible("a\u200Bb\u2066c\u00ADd\uFEFF"), "a⟨U+200B⟩b⟨U+2066⟩c⟨U+00AD⟩d⟨U+FEFF⟩");
  assert.equal(visible("a\u00A0b\u3000c"), "a⟨U+00A0⟩b⟨U+3000⟩c");
  assert.equal(visible("x\u{E0041}"), "x⟨U+E0041⟩");
  assert.equal(visible("a\u3164b\u115F"), "a⟨U+3164⟩b⟨U+115F⟩");
  assert.equal(visible("one\ntwo\r\tthree\u001b[2J\u0000"), "one⏎\ntwo␍⇥three␛[2J␀");
  assert.equal(visible("\ud800"), "⟨U+D800⟩");
  assert.equal(visible(" name "), "·name·");
});

test("ordinary text stays as it is, in every script", () => {
  for (const text of ["git commit -m 'x'", "größe", "日本語", "מסמך", "👍", "e\u0301"]) assert.equal(visible(text), text);
});

test("marks can't be written by the text itself", () => {
  assert.deepEqual(visiblePieces("⟨U+202E⟩"), [{ text: "⟨U+202E⟩", marked: false }]);
  assert.deepEqual(visiblePieces("\u202E"), [{ text: "⟨U+202E⟩", marked: true }]);
});

test("a long line keeps both ends", () => {
  const line = visibleLine(`rm -rf ${"a".repeat(500)} /home/me`, 60);
  assert.equal([...line].length, 59);
  assert.match(line, /^rm -rf a+…a+ \/home\/me$/);
});

test("the shell's substitutions are not drawn as icons", () => {
  assert.equal(withoutIcons("echo $(pwd) $(sync~spin) $(ls -l)"), "echo \\$(pwd) \\$(sync~spin) $(ls -l)");
});

test("terminal output: colours, titles, clipboard and links go; progress lines show their last state", () => {
  assert.equal(terminalText("\u001b[31mred\u001b[0m \u001b[1;32mgreen\u001b[m"), "red green");
  assert.equal(terminalText("a\u001b]52;c;c2VjcmV0\u0007b\u001b]0;title\u001b\\c"), "abc");
  assert.equal(terminalText("\u001b]8;;https://evil.example\u0007text\u001b]8;;\u0007"), "text");
  assert.equal(terminalText("10%\r50%\r100%\r\ndone"), "100%\ndone");
  assert.equal(terminalText("x\u0008y\u202Ez"), "x⟨U+0008⟩y⟨U+202E⟩z");
  assert.equal(terminalText("half \u001b["), "half ");
});

const PATCH = `diff --git a/shop.py b/shop.py
index 1..2 100644
--- a/shop.py
+++ b/shop.py
@@ -1,3 +1,3 @@ def total
 def total(prices):
-    return "0"
+    return sum(prices)
 # end
@@ -10 +10,2 @@
 last
+--- not a header
`;

test("a patch has numbered lines; what looks like a header within a hunk is none", () => {
  const lines = parsePatch(PATCH);
  assert.deepEqual(lines.map((line) => line.kind), ["file", "hunk", "context", "removed", "added", "context", "hunk", "context", "added"]);
  assert.deepEqual(lines[3], { kind: "removed", text: '    return "0"', before: 2 });
  assert.deepEqual(lines[4], { kind: "added", text: "    return sum(prices)", after: 2 });
  assert.deepEqual(lines[8], { kind: "added", text: "--- not a header", after: 11 });
  assert.deepEqual(patchSize(PATCH), { added: 2, removed: 1 });
});

test("figures", () => {
  assert.deepEqual([money(0), money(0.00001), money(0.0042), money(1.239)], ["$0.00", "<$0.0001", "$0.0042", "$1.24"]);
  assert.deepEqual([tokens(950), tokens(1234), tokens(45_678), tokens(2_500_000)], ["950", "1.2k", "46k", "2.5M"]);
  assert.deepEqual([bytes(12), bytes(20_480), bytes(3_500_000)], ["12 B", "20 KB", "3.3 MB"]);
  const now = Date.parse("2026-01-02T12:00:00Z");
  const at = (time: string) => ago(time, now);
  assert.deepEqual([at("2026-01-02T11:59:50Z"), at("2026-01-02T11:15:00Z"), at("2026-01-02T09:00:00Z"), at("2026-01-01T11:00:00Z")], ["just now", "45 min ago", "3 h ago", "yesterday"]);
});
