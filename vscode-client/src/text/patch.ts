/** A git patch as lines to draw. Pure. */

export type PatchLine =
  | { kind: "file"; text: string }
  | { kind: "hunk"; text: string }
  | { kind: "context" | "added" | "removed"; text: string; before?: number; after?: number };

const HUNK = /^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@(.*)$/;

/** The lines of the patch with their numbers in both files. */
export function parsePatch(patch: string): PatchLine[] {
  const lines: PatchLine[] = [];
  let [before, after, left, right] = [0, 0, 0, 0];
  for (const line of patch.replace(/\n$/, "").split("\n")) {
    const hunk = HUNK.exec(line);
    if (left <= 0 && right <= 0) {
      if (hunk) {
        [before, left, after, right] = [Number(hunk[1]), Number(hunk[2] ?? 1), Number(hunk[3]), Number(hunk[4] ?? 1)];
        lines.push({ kind: "hunk", text: hunk[5]?.trim() ?? "" });
      } else if (line.startsWith("+++ ") || line.startsWith("rename to ") || line.startsWith("deleted file")) {
        lines.push({ kind: "file", text: line });
      }
    } else if (line.startsWith("+")) {
      lines.push({ kind: "added", text: line.slice(1), after: after++ });
      right -= 1;
    } else if (line.startsWith("-")) {
      lines.push({ kind: "removed", text: line.slice(1), before: before++ });
      left -= 1;
    } else if (!line.startsWith("\\")) {
      lines.push({ kind: "context", text: line.slice(1), before: before++, after: after++ });
      left -= 1;
      right -= 1;
    }
  }
  return lines;
}

/** How many lines were added and removed. */
export function patchSize(patch: string): { added: number; removed: number } {
  const lines = parsePatch(patch);
  return {
    added: lines.filter((line) => line.kind === "added").length,
    removed: lines.filter((line) => line.kind === "removed").length,
  };
}
