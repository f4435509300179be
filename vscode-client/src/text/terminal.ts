/** What a command printed, as text to read: escape sequences go, other controls are shown. Pure. */

// operating system commands and their kin (titles, clipboard, links), then CSI, then two-character sequences
const SEQUENCES = /(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[\s\S]*?(?:\x07|\x1b\\|\x9c|$)|(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?|\x1b[ -/]*[0-~]?/g;
const CONTROLS = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/g;

/** A carriage return without a new line starts the line over, as in a terminal. */
export function terminalText(text: string): string {
  const plain = text.replace(SEQUENCES, "").replace(/\r\n/g, "\n");
  const lines = plain.includes("\r") ? plain.split("\n").map(lastState).join("\n") : plain;
  return lines.replace(CONTROLS, (control) => `⟨U+${control.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}⟩`);
}

function lastState(line: string): string {
  return line.replace(/\r+$/, "").split("\r").at(-1) ?? "";
}
