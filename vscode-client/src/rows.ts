/** What the chat shows, as plain data: made by `state/`, sent to the webview, drawn there. */

import type {
  Blob,
  CallStatus,
  DiagnosticChange,
  JsonValue,
  Location,
  MessageItem,
  Permission,
  Question,
  QueuedMessage,
  State,
  Todo,
  ToolKind,
  WaitingOn,
} from "./protocol";

export type Content = NonNullable<MessageItem["attachments"]>[number];

interface Base {
  rowId: string;
  /** More of it may come. */
  live: boolean;
}

export interface MessageRow extends Base {
  kind: "message";
  role: "user" | "assistant";
  text: string;
  /** What a user's message was made of; his words are among it. */
  attachments: Content[];
  truncated: boolean;
}

export interface ThoughtRow extends Base {
  kind: "thought";
  text: string;
}

export interface ToolRow extends Base {
  kind: "tool_call";
  tool: string;
  toolKind: ToolKind;
  title: string;
  /** Arguments: JSON text while they stream. */
  input: string | { [key: string]: JsonValue };
  status: CallStatus;
  output: string | Blob;
  exitCode?: number;
  diff?: string | Blob;
  locations: Location[];
  diagnostics?: DiagnosticChange;
}

export interface NoticeRow extends Base {
  kind: "notice";
  level: "info" | "warning" | "error";
  text: string;
  /** Offer to send the last message again. */
  retry?: boolean;
}

export interface CompactionRow extends Base {
  kind: "compaction";
  summary: string;
}

export type Row = MessageRow | ThoughtRow | ToolRow | NoticeRow | CompactionRow;

/** The texts of a row that grow by pieces. */
export type GrowingField = "text" | "input" | "output";

export interface Header {
  title: string;
  agent: string;
  model?: string;
  key?: string;
  cost?: number;
  tokens: number;
  state: State;
  on?: WaitingOn;
  until?: string;
}

/** How the server is doing, and what to say where it is not ready. */
export interface ServerView {
  state: "starting" | "ready" | "stopped" | "failed" | "missing";
  detail?: string;
  trusted: boolean;
  /** What to do where no model is usable. */
  modelHint?: string;
}

export interface View {
  server: ServerView;
  header: Header | null;
  rows: Row[];
  queue: QueuedMessage[];
  todos: Todo[];
  permissions: Permission[];
  questions: Question[];
  showThinking: boolean;
}

/** A difference between two views. */
export type Change =
  | { kind: "row"; row: Row }
  | { kind: "append"; rowId: string; field: GrowingField; text: string }
  | { kind: "header"; header: Header | null }
  | { kind: "queue"; queue: QueuedMessage[] }
  | { kind: "todos"; todos: Todo[] }
  | { kind: "permissions"; permissions: Permission[] }
  | { kind: "questions"; questions: Question[] }
  | { kind: "server"; server: ServerView };

/** Something the user adds to the next message. */
export interface Attachment {
  label: string;
  content: Content;
}
