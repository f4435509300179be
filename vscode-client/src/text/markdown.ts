/**
 * Markdown as a tree of a few harmless elements. Pure: no HTML text is ever made, so none can be injected;
 * HTML in the source is text, images are links that nobody follows by himself.
 */

import MarkdownIt, { type Token } from "markdown-it";

export interface Element {
  tag: Tag;
  attributes: { [name: string]: string };
  children: Node[];
}

export type Node = string | Element;

/** All that can come out. */
export const TAGS = [
  "p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "blockquote", "hr", "table", "thead", "tbody", "tr", "th", "td",
  "strong", "em", "s", "code", "a", "br", "fence",
] as const;

export type Tag = (typeof TAGS)[number];

/** A top-level block and where its source begins (UTF-16 units). */
export interface Block {
  start: number;
  node: Element;
}

const parser = new MarkdownIt({ html: false, linkify: true, breaks: false });
// bare words such as `main.py` are files here, not hosts in Paraguay
parser.linkify.set({ fuzzyLink: false, fuzzyEmail: false });
parser.validateLink = (url) => isSafeLink(url);

/** Web and mail addresses, and places in the workspace; nothing that runs anything. */
export function isSafeLink(url: string): boolean {
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(url.trim())?.[1]?.toLowerCase();
  return scheme === undefined ? !url.trim().startsWith("//") : ["http", "https", "mailto"].includes(scheme);
}

/** The blocks of a text, in order. */
export function parseMarkdown(text: string): Block[] {
  const starts = lineStarts(text);
  return topLevel(parser.parse(text, {})).map((tokens) => ({
    start: starts[tokens[0]?.map?.[0] ?? 0] ?? 0,
    node: build(tokens)[0] as Element,
  })).filter((block) => block.node !== undefined);
}

function lineStarts(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  return starts;
}

function topLevel(tokens: Token[]): Token[][] {
  const groups: Token[][] = [];
  let depth = 0;
  for (const token of tokens) {
    if (depth === 0 && token.nesting !== -1) groups.push([]);
    groups.at(-1)?.push(token);
    depth += token.nesting;
  }
  return groups;
}

/** Tokens open and close; the tree holds what is between. */
function build(tokens: Token[]): Node[] {
  const root: Node[] = [];
  const open: Node[][] = [root];
  for (const token of tokens) {
    const into = open.at(-1) ?? root;
    if (token.nesting === 1) {
      const element = opening(token);
      // the paragraphs of a tight list are only their content
      if (element === undefined || token.hidden) open.push(into);
      else {
        into.push(element);
        open.push(element.children);
      }
    } else if (token.nesting === -1) open.pop();
    else into.push(...leaf(token));
  }
  return root;
}

function opening(token: Token): Element | undefined {
  if (!(TAGS as readonly string[]).includes(token.tag)) return undefined;
  return { tag: token.tag as Tag, attributes: attributesOf(token), children: [] };
}

function attributesOf(token: Token): { [name: string]: string } {
  const href = token.tag === "a" ? token.attrGet("href") : null;
  const start = token.tag === "ol" ? token.attrGet("start") : null;
  const align = /text-align:(left|right|center)/.exec(String(token.attrGet("style") ?? ""))?.[1];
  return { ...(href !== null ? { href: String(href) } : {}), ...(start !== null ? { start: String(start) } : {}), ...(align ? { align } : {}) };
}

function leaf(token: Token): Node[] {
  switch (token.type) {
    case "inline":
      return merge(build(token.children ?? []));
    case "fence":
    case "code_block":
      return [element("fence", { language: token.info.trim().split(/\s+/)[0] ?? "" }, [token.content.replace(/\n$/, "")])];
    case "code_inline":
      return [element("code", {}, [token.content])];
    case "image":
      return [image(token)];
    case "hr":
      return [element("hr", {}, [])];
    case "hardbreak":
      return [element("br", {}, [])];
    case "softbreak":
      return ["\n"];
    default:
      return token.content === "" ? [] : [token.content];
  }
}

/** Nothing is fetched: the picture is named, and its address can be looked at. */
function image(token: Token): Node {
  const source = String(token.attrGet("src") ?? "");
  const label = `image: ${token.content || source}`;
  return isSafeLink(source) ? element("a", { href: source }, [label]) : label;
}

function element(tag: Tag, attributes: { [name: string]: string }, children: Node[]): Element {
  return { tag, attributes, children };
}

/** Neighbouring texts as one, so that growing text stays one node. */
function merge(nodes: Node[]): Node[] {
  const merged: Node[] = [];
  for (const node of nodes) {
    const last = merged.at(-1);
    if (typeof node === "string" && typeof last === "string") merged[merged.length - 1] = last + node;
    else merged.push(node);
  }
  return merged;
}
