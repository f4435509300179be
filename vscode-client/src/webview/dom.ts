/** Elements without HTML text: what is given as a string is a text, whatever it says. */

export type Child = Node | string | undefined | false;

export interface Properties {
  class?: string;
  title?: string;
  [attribute: `aria-${string}` | `data-${string}`]: string | undefined;
  role?: string;
  type?: string;
  href?: string;
  tabindex?: string;
  placeholder?: string;
  rows?: string;
  start?: string;
  id?: string;
  for?: string;
  open?: string;
  onclick?: (event: MouseEvent) => void;
  onkeydown?: (event: KeyboardEvent) => void;
  oninput?: (event: Event) => void;
  ontoggle?: (event: Event) => void;
}

export function h<K extends keyof HTMLElementTagNameMap>(tag: K, properties: Properties = {}, ...children: Child[]): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (typeof value === "function") element.addEventListener(name.slice(2), value as EventListener);
    else if (value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.filter((child): child is Node | string => child !== undefined && child !== false));
  return element;
}

/** Show other children; those that stay the same nodes stay in place. */
export function fill(parent: HTMLElement, ...children: Child[]): void {
  parent.replaceChildren(...children.filter((child): child is Node | string => child !== undefined && child !== false));
}

/** Make the text of a node longer, or another one; text that grows is only added to. */
export function setText(node: Text, text: string): void {
  if (node.data === text) return;
  if (text.startsWith(node.data)) node.appendData(text.slice(node.data.length));
  else node.data = text;
}
