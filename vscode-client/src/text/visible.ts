/** Text of agents and repositories, shown so that nothing in it can hide or pretend. Pure. */

export interface Piece {
  text: string;
  /** Stands for a character that would not be seen as what it is. */
  marked: boolean;
}

// controls, formats (bidirectional ones too), ignorables, private and unassigned ones, every blank that is no plain space
const HIDDEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]|(?! )\p{Zs}/gu;

const NAMES: { [character: string]: string } = { "\n": "⏎\n", "\t": "⇥", "\r": "␍", "\u001b": "␛", "\u0000": "␀" };

/** The text in pieces, hidden characters as marks such as `⟨U+202E⟩`; blanks at the ends of it are marked too. */
export function visiblePieces(text: string): Piece[] {
  const pieces: Piece[] = [];
  const [, leading = "", middle = "", trailing = ""] = /^( *)([\s\S]*?)( *)$/.exec(text) ?? [];
  push(pieces, "·".repeat(leading.length), true);
  let from = 0;
  for (const match of middle.matchAll(HIDDEN)) {
    push(pieces, middle.slice(from, match.index), false);
    push(pieces, mark(match[0]), true);
    from = match.index + match[0].length;
  }
  push(pieces, middle.slice(from), false);
  push(pieces, "·".repeat(trailing.length), true);
  return pieces;
}

/** The same as one string. */
export function visible(text: string): string {
  return visiblePieces(text).map((piece) => piece.text).join("");
}

/** Visible, on one line, cut in the middle so that both ends stay: for titles and pick lists. */
export function visibleLine(text: string, most = 160): string {
  const characters = [...visible(text).replace(/\n/g, " ")];
  if (characters.length <= most) return characters.join("");
  const half = Math.floor((most - 1) / 2);
  return `${characters.slice(0, half).join("")}…${characters.slice(-half).join("")}`;
}

/** For labels in which VS Code draws `$(name)` as an icon: the shell's `$(pwd)` has to stay readable. */
export function withoutIcons(text: string): string {
  return text.replace(/\$\(([a-z0-9-]+(?:~[a-z]+)?)\)/gi, "\\$($1)");
}

function mark(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  return NAMES[character] ?? `⟨U+${code.toString(16).toUpperCase().padStart(4, "0")}⟩`;
}

function push(pieces: Piece[], text: string, marked: boolean): void {
  if (text !== "") pieces.push({ text, marked });
}
