/** One item of the log as a row of the chat: pure folds over `item.updated`, `item.completed` and deltas. */

import type { Blob, Delta, ItemCompleted, ItemUpdated, NoticeItem } from "../protocol";
import type { GrowingField, Row, ToolRow } from "../rows";

/** A row, and how much of each growing text the log holds (UTF-16 units). */
export interface Entry {
  row: Row;
  logged: { [field in GrowingField]?: number };
}

const GROWING: readonly GrowingField[] = ["text", "input", "output"];

/** The entry after `item.updated`; undefined where the kind of a new item is not known. */
export function updateEntry(entry: Entry | undefined, rowId: string, data: ItemUpdated): Entry | undefined {
  const row = entry?.row ?? emptyRow(rowId, data.kind);
  if (row === undefined) return undefined;
  const { append, ...fields } = data;
  const next: Entry = { row: { ...row, ...known(row, fields) } as Row, logged: { ...entry?.logged } };
  for (const field of GROWING) settleField(next, field, fields[field], append?.[field]);
  return next;
}

/** The entry after `item.completed`: what it says is the whole truth. */
export function completeEntry(rowId: string, data: ItemCompleted): Entry | undefined {
  const row = emptyRow(rowId, data.kind);
  if (row === undefined) return undefined;
  return { row: { ...row, ...known(row, data), live: false } as Row, logged: {} };
}

/** The entry after a delta; the same entry where the delta brings nothing new or does not follow what is there. */
export function growEntry(entry: Entry, delta: Delta): Entry {
  const field = delta.field === "thought" ? "text" : delta.field;
  const before = textOf(entry.row, field);
  if (!entry.row.live || before === undefined || delta.offset > before.length) return entry;
  const text = delta.text.slice(before.length - delta.offset);
  if (text === "") return entry;
  return { ...entry, row: { ...entry.row, [field]: before + text } as Row };
}

/** The text of a growing field; undefined where the row has none, or it is not text (any more). */
export function textOf(row: Row, field: GrowingField): string | undefined {
  const value = field in row ? (row as unknown as { [name: string]: unknown })[field] : undefined;
  return typeof value === "string" ? value : undefined;
}

export function noticeRow(rowId: string, level: NoticeItem["level"], text: string, retry = false): Row {
  return { kind: "notice", rowId, live: false, level, text, ...(retry ? { retry } : {}) };
}

/** What the log says of a field goes first; what was streamed beyond it stays as long as it begins alike. */
function settleField(entry: Entry, field: GrowingField, whole: unknown, appended: string | undefined): void {
  const shown = textOf(entry.row, field);
  if (whole !== undefined) entry.logged[field] = typeof whole === "string" ? whole.length : 0;
  if (appended === undefined || shown === undefined) return;
  const logged = shown.slice(0, entry.logged[field] ?? 0) + appended;
  entry.logged[field] = logged.length;
  if (!shown.startsWith(logged)) entry.row = { ...entry.row, [field]: logged } as Row;
}

function emptyRow(rowId: string, kind: string | undefined): Row | undefined {
  const base = { rowId, live: true };
  switch (kind) {
    case "message":
      return { ...base, kind, role: "assistant", text: "", attachments: [], truncated: false };
    case "thought":
      return { ...base, kind, text: "" };
    case "tool_call":
      return { ...base, kind, tool: "", toolKind: "other", title: "", input: "", status: "pending", output: "", locations: [] };
    case "notice":
      return { ...base, kind, level: "info", text: "" };
    case "compaction":
      return { ...base, kind, summary: "" };
    default:
      return undefined;
  }
}

const OPTIONAL: readonly (keyof ToolRow)[] = ["exitCode", "diff", "diagnostics"];

/** Only the fields that this kind of row shows; the log keeps more (`replay`, `step`). */
function known(row: Row, fields: object): Partial<Row> {
  const names = new Set<string>([...Object.keys(row), ...(row.kind === "tool_call" ? OPTIONAL : [])]);
  names.delete("rowId");
  names.delete("live");
  return Object.fromEntries(Object.entries(fields).filter(([name, value]) => names.has(name) && value !== null && value !== undefined));
}

export function isBlob(value: string | Blob | undefined): value is Blob {
  return typeof value === "object";
}
