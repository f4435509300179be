/** Markdown that grows: blocks that are whole stay as they are, only the last one is drawn again. */

import { parseMarkdown, type Block, type Element as Tree, type Node as TreeNode } from "../text/markdown";
import { codeBlock, CodeBlock } from "./code";
import { setText } from "./dom";
import type { Host } from "./host";

interface Drawn {
  tree: Tree;
  element: HTMLElement;
}

export class MarkdownView {
  readonly element = document.createElement("div");
  private text = "";
  private blocks: Drawn[] = [];
  /** Where the source of the last block begins: all before it is settled. */
  private lastStart = 0;

  constructor(private readonly host: Host) {
    this.element.className = "markdown";
  }

  /** Show the text; what was there stays as far as it begins alike. */
  show(text: string): void {
    if (text === this.text) return;
    const grew = text.startsWith(this.text);
    const from = grew ? this.lastStart : 0;
    const keep = grew ? Math.max(0, this.blocks.length - 1) : 0;
    this.text = text;
    this.redraw(keep, from, parseMarkdown(text.slice(from)));
  }

  /** The whole text at once: a link may be defined after its use. */
  finish(text: string): void {
    this.show(text);
    this.lastStart = 0;
    this.redraw(0, 0, parseMarkdown(text));
  }

  private redraw(keep: number, from: number, fresh: Block[]): void {
    fresh.forEach(({ node }, at) => this.put(keep + at, node));
    for (const surplus of this.blocks.splice(keep + fresh.length)) surplus.element.remove();
    this.lastStart = from + (fresh.at(-1)?.start ?? 0);
  }

  private put(index: number, tree: Tree): void {
    const old = this.blocks[index];
    if (old && patch(old.element, old.tree, tree)) {
      old.tree = tree;
      return;
    }
    const element = this.build(tree);
    if (old) old.element.replaceWith(element);
    else this.element.append(element);
    this.blocks[index] = { tree, element };
  }

  private build(tree: Tree): HTMLElement {
    if (tree.tag === "fence") return codeBlock(this.host, String(tree.children[0] ?? ""), tree.attributes["language"] ?? "");
    const element = document.createElement(tree.tag);
    if (tree.tag === "a") this.link(element, tree.attributes["href"] ?? "");
    if (tree.attributes["start"]) element.setAttribute("start", tree.attributes["start"]);
    if (tree.attributes["align"]) element.dataset["align"] = tree.attributes["align"];
    element.append(...tree.children.map((child) => (typeof child === "string" ? child : this.build(child))));
    return element;
  }

  /** Opened by the extension, after a question that shows the whole address. */
  private link(element: HTMLElement, href: string): void {
    element.title = href;
    element.setAttribute("href", "#");
    element.addEventListener("click", (event) => {
      event.preventDefault();
      event.stopPropagation();
      this.host.send({ type: "openLink", href });
    });
  }
}

/** Make the element what the new tree says, where only texts grew; false where it has to be built anew. */
function patch(element: HTMLElement, old: Tree, tree: Tree): boolean {
  if (!alike(old, tree)) return false;
  if (tree.tag === "fence") {
    CodeBlock.of(element)?.show(String(tree.children[0] ?? ""));
    return true;
  }
  tree.children.forEach((child, at) => {
    const node = element.childNodes[at];
    if (typeof child === "string") setText(node as Text, child);
    else patch(node as HTMLElement, old.children[at] as Tree, child);
  });
  return true;
}

function alike(old: TreeNode, tree: TreeNode): boolean {
  if (typeof old === "string" || typeof tree === "string") return typeof old === typeof tree;
  return (
    old.tag === tree.tag &&
    old.children.length === tree.children.length &&
    JSON.stringify(old.attributes) === JSON.stringify(tree.attributes) &&
    old.children.every((child, at) => alike(child, tree.children[at] as TreeNode))
  );
}
