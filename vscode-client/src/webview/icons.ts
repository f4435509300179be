/** Small line drawings, 16 by 16, in the colour of the text around them. */

const PATHS = {
  read: "M3.5 2.5h6l3 3v8h-9zM9.5 2.5v3h3M5.5 8h5M5.5 10.5h5",
  edit: "M10.5 2.5l3 3-8 8h-3v-3zM8.5 4.5l3 3",
  delete: "M3.5 4.5h9M6.5 4.5v-2h3v2M4.5 4.5l.5 9h6l.5-9M7 7v4M9 7v4",
  move: "M2.5 8h10M9 4.5L12.5 8 9 11.5",
  search: "M7 2.5a4.5 4.5 0 100 9 4.5 4.5 0 000-9zM10.2 10.2l3.3 3.3",
  execute: "M2.5 3.5h11v9h-11zM4.8 6.2L6.8 8l-2 1.8M8 10.2h3",
  think: "M8 2.5a4 4 0 00-2.5 7.1v1.9h5V9.6A4 4 0 008 2.5zM6.3 13.5h3.4",
  fetch: "M8 2.5a5.5 5.5 0 100 11 5.5 5.5 0 000-11zM2.5 8h11M8 2.5c-4 3.5-4 7.5 0 11 4-3.5 4-7.5 0-11",
  other: "M9.8 2.7a3.5 3.5 0 00-3.1 4.9l-4 4 1.7 1.7 4-4a3.5 3.5 0 004.6-4.4L11 6.9 9.1 5l2-2z",
  check: "M3 8.5l3.2 3.2L13 4.8",
  cross: "M4 4l8 8M12 4l-8 8",
  stop: "M4.5 4.5h7v7h-7z",
  send: "M8 13V3.5M4 7.3L8 3.3l4 4",
  copy: "M5.5 5.5v-3h8v8h-3M2.5 5.5h8v8h-8z",
  insert: "M8 2.5v7M5 6.8L8 9.8l3-3M2.5 13.5h11",
  chevron: "M6 3.8L10.2 8 6 12.2",
  shield: "M8 2l5 1.8v4.4c0 2.8-2 4.8-5 5.8-3-1-5-3-5-5.8V3.8z",
  info: "M8 2.5a5.5 5.5 0 100 11 5.5 5.5 0 000-11zM8 7.3v3.5M8 5v.6",
  warning: "M8 2.5l6 10.5H2zM8 6.5v3M8 11v.6",
  error: "M8 2.5a5.5 5.5 0 100 11 5.5 5.5 0 000-11zM6 6l4 4M10 6l-4 4",
  denied: "M8 2.5a5.5 5.5 0 100 11 5.5 5.5 0 000-11zM4.2 4.2l7.6 7.6",
  clock: "M8 2.5a5.5 5.5 0 100 11 5.5 5.5 0 000-11zM8 5v3.3l2.2 1.4",
  down: "M8 3v9.5M4 8.7l4 4 4-4",
  question: "M6 6.2a2 2 0 113 1.7c-.7.4-1 .8-1 1.6M8 11.5v.6M8 2.5a5.5 5.5 0 100 11 5.5 5.5 0 000-11z",
  list: "M6 4h7.5M6 8h7.5M6 12h7.5M2.7 4h.6M2.7 8h.6M2.7 12h.6",
  retry: "M12.8 6.5A5 5 0 108 13a5 5 0 004.6-3M13 3v3.5H9.5",
  file: "M3.5 2.5h6l3 3v8h-9zM9.5 2.5v3h3",
  dispatch: "M2.5 8h4M6.5 8l3.5-4h3.5M6.5 8l3.5 4h3.5M6.5 8h7",
} as const;

export type IconName = keyof typeof PATHS;

const SVG = "http://www.w3.org/2000/svg";

export function icon(name: IconName, label?: string): SVGSVGElement {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("class", `icon icon-${name}`);
  if (label === undefined) svg.setAttribute("aria-hidden", "true");
  else {
    svg.setAttribute("role", "img");
    svg.setAttribute("aria-label", label);
  }
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  return svg;
}

/** Something is under way. */
export function spinner(label = "Working"): HTMLElement {
  const element = document.createElement("span");
  element.className = "spinner";
  element.setAttribute("role", "img");
  element.setAttribute("aria-label", label);
  return element;
}
