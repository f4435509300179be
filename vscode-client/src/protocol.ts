// Generated from the server's models by `python -m dispatch_ls.protocol.export`: do not edit.

/** What client and server tell each other in `capabilities.experimental.dispatch.protocolVersion`. */
export const PROTOCOL_VERSION = 1;

/** The `sessionId` of news that belongs to no session. */
export const WORKSPACE = "workspace";

/** Commands of the server for `workspace/executeCommand`. */
export const COMMANDS = ["dispatch.chat", "dispatch.fix", "dispatch.explain", "dispatch.stop", "dispatch.newSession", "dispatch.openTranscript", "dispatch.showTree", "dispatch.allow", "dispatch.deny"] as const;

/** Whether this answer was the one that counted. */
export interface Accepted {
  accepted: boolean;
}

/** An agent definition as a picker shows it. */
export interface AgentInfo {
  agent: string;
  description: string;
  subagent: boolean;
}

/** `dispatch/agent/list`. */
export interface AgentList {
  agents: AgentInfo[];
  default: string;
}

/** A long value kept apart: read it by `dispatch/blob/read`. `size` is in bytes. */
export interface Blob {
  blobId: string;
  size: number;
  head: string;
}

/** A piece of a long value; `size` is the whole one's. */
export interface BlobPart {
  text: string;
  offset: number;
  nextOffset: number;
  size: number;
}

/** Where a tool call stands; `interrupted`: the server died while it ran, outcome unknown. */
export type CallStatus = "pending" | "running" | "completed" | "failed" | "denied" | "cancelled" | "interrupted";

/** `dispatch/session/cancel`: the running turn, or the turns of the whole tree below too. */
export interface CancelSession {
  sessionId: string;
  scope?: "turn" | "tree";
}

/** Where the older part of the conversation was replaced by a summary. */
export interface CompactionItem {
  kind: "compaction";
  summary: string;
  droppedThrough: number;
}

/** `dispatch/config/get`: what is in force, from which files, and what is wrong with them. */
export interface ConfigInForce {
  settings: { [key: string]: JsonValue };
  files: string[];
  problems: string[];
  trusted: boolean;
}

/** `config.reloaded`: what is in force now; `problems` name file, line and field of what is not. */
export interface ConfigReloaded {
  files: string[];
  problems: string[];
}

/** The answer. */
export type Decision = "allow" | "deny";

/** `$/dispatch/delta`: text that streams; `offset` counts UTF-16 units from the start of the field. */
export interface Delta {
  sessionId: string;
  itemId: string;
  field: "text" | "thought" | "input" | "output";
  offset: number;
  text: string;
}

/** What a write did to the problems of the workspace (LANG-4). */
export interface DiagnosticChange {
  new: Problem[];
  fixed: Problem[];
  unchanged: number;
  status: string;
}

/** A problem the user wants fixed or explained. */
export interface DiagnosticContent {
  type: "diagnostic";
  problem: Problem;
}

/** `diagnostics.changed`: the settled problems of one file. */
export interface DiagnosticsChanged {
  uri: string;
  problems: Problem[];
  change?: DiagnosticChange;
}

/** `dispatch/language/diagnostics`: of one file, asked afresh, or all that are known. */
export interface DiagnosticsOf {
  uri?: string;
}

/** No parameters, or nothing to say but that it was done. */
export type Empty = Record<string, never>;

/** Something that happened to a session: `seq` counts from 1 without gaps, `time` is when it was logged. */
export interface Event {
  type: string;
  turnId?: string;
  itemId?: string;
  data: { [key: string]: JsonValue };
  seq: number;
  time: string;
}

/** `dispatch/events`: committed events of one session, in order. */
export interface Events {
  sessionId: string;
  events: Event[];
}

/** `file.changed`: an agent changed a file. */
export interface FileChanged {
  uri: string;
  change: "created" | "changed" | "deleted";
}

/** A file or image that the user attached, by URI or inline (base64). */
export interface FileContent {
  type: "file" | "image";
  uri?: string;
  data?: string;
  mimeType?: string;
}

/** A text that is being streamed: what of it the log does not hold yet follows as deltas from `offset`. */
export interface InFlight {
  itemId: string;
  field: string;
  offset: number;
}

/** A part of a turn, by `kind`. */
export type Item = MessageItem | ThoughtItem | ToolCallItem | NoticeItem | CompactionItem;

/** `item.completed`: the whole item, authoritative. */
export type ItemCompleted = Item & { step?: number };

/** `item.updated`: fields left out stay as they are; `append` adds to the end of texts. */
export interface ItemUpdated {
  kind?: "message" | "thought" | "tool_call" | "notice" | "compaction";
  role?: "user" | "assistant";
  text?: string;
  attachments?: (TextContent | FileContent | SelectionContent | DiagnosticContent)[];
  messageId?: string;
  truncated?: boolean;
  tool?: string;
  toolKind?: ToolKind;
  title?: string;
  input?: { [key: string]: JsonValue };
  status?: CallStatus;
  output?: string | Blob;
  exitCode?: number;
  diff?: string | Blob;
  locations?: Location[];
  diagnostics?: DiagnosticChange;
  childSessionId?: string;
  level?: "info" | "warning" | "error";
  summary?: string;
  droppedThrough?: number;
  append?: { [key: string]: string };
  step?: number;
}

export type JsonValue = null | boolean | number | string | JsonValue[] | { [key: string]: JsonValue };

/** One real language server; `hint` says how to install it where it is missing. */
export interface LanguageServerStatus {
  server: string;
  root?: string;
  state: "absent" | "stopped" | "starting" | "ready" | "backoff" | "failed" | "stopping" | "untrusted";
  version?: string;
  languages: string[];
  hint?: string;
}

/** `dispatch/language/status`. */
export interface LanguageStatus {
  servers: LanguageServerStatus[];
  trusted: boolean;
}

/** `dispatch/session/list`; newest first, `cursor` from the previous page. */
export interface ListSessions {
  query?: string;
  since?: string;
  until?: string;
  project?: string;
  limit?: number;
  cursor?: string;
}

/** A file that a tool call touched; `line` is 1-based. */
export interface Location {
  uri: string;
  line?: number;
}

/** What the user or the agent said. */
export interface MessageItem {
  kind: "message";
  role: "user" | "assistant";
  text: string;
  attachments?: (TextContent | FileContent | SelectionContent | DiagnosticContent)[];
  messageId?: string;
  truncated?: boolean;
}

/** `model.changed`: which model and key serve the session from here on, and why. */
export interface ModelChanged {
  model: string;
  key?: string;
  reason: string;
  retryAfter?: number;
  willRetry?: boolean;
}

/** A model as a picker shows it; `why_not` says what is missing where it is not usable. */
export interface ModelInfo {
  model: string;
  name: string;
  provider: string;
  key?: string;
  tags: string[];
  context?: number;
  usable: boolean;
  whyNot?: string;
}

/** `dispatch/model/list`. */
export interface ModelList {
  models: ModelInfo[];
  hint?: string;
}

/** `dispatch/session/new`; `directory` lies within the workspace, default its root. */
export interface NewSession {
  agent?: string;
  model?: string;
  effort?: "none" | "minimal" | "low" | "medium" | "high" | "max";
  title?: string;
  directory?: string;
}

/** Something Dispatch itself has to say in the thread. */
export interface NoticeItem {
  kind: "notice";
  level: "info" | "warning" | "error";
  text: string;
}

/** `dispatch/session/open`; `after` is the last `seq` the client knows. */
export interface OpenSession {
  sessionId: string;
  after?: number;
}

/** What an agent wants to do to the target (PERM-3). */
export type Operation = "read" | "write" | "execute" | "network" | "summon";

/** `session.updated` and `session.closed`: changed fields only; null where one was cleared. */
export interface PartialSession {
  sessionId?: string;
  parentId?: string | null;
  rootId?: string;
  depth?: number;
  detached?: boolean;
  agent?: string;
  model?: string | null;
  key?: string | null;
  effort?: "none" | "minimal" | "low" | "medium" | "high" | "max" | null;
  title?: string;
  state?: State;
  on?: WaitingOn | null;
  until?: string | null;
  directory?: string;
  createdAt?: string;
  updatedAt?: string;
  messageCount?: number;
  usage?: Usage;
  cost?: number | null;
}

/** An open request. `target` is a path, a command or an address, whole and as it is. */
export interface Permission {
  permissionId: string;
  sessionId: string;
  itemId: string;
  operation: Operation;
  target: string;
  title: string;
  reason: string;
  options: PermissionOption[];
}

/** Open requests of the whole workspace, oldest first. */
export interface PermissionList {
  permissions: Permission[];
}

/** What was decided by whom or which rule (PERM-8). */
export interface PermissionLog {
  entries: PermissionLogEntry[];
}

/** A decision and when it was taken. */
export interface PermissionLogEntry {
  permissionId: string;
  sessionId: string;
  itemId: string;
  operation: Operation;
  target: string;
  title: string;
  reason: string;
  options: PermissionOption[];
  decision: Decision;
  scope: Scope;
  by: "user" | "rule" | "policy";
  rule?: string;
  message?: string;
  time: string;
}

/** `dispatch/permission/log`: newest first. */
export interface PermissionLogQuery {
  sessionId?: string;
  limit?: number;
}

/** One answer the user can choose; `preview` is the rule that it would write. */
export interface PermissionOption {
  decision: Decision;
  scope: Scope;
  label: string;
  preview?: string;
}

/** A request that was decided (`permission.resolved`, PERM-8). */
export interface PermissionOutcome {
  permissionId: string;
  sessionId: string;
  itemId: string;
  operation: Operation;
  target: string;
  title: string;
  reason: string;
  options: PermissionOption[];
  decision: Decision;
  scope: Scope;
  by: "user" | "rule" | "policy";
  rule?: string;
  message?: string;
}

/** `dispatch/permission/reply`: the first valid answer counts. */
export interface PermissionReply {
  permissionId: string;
  decision: Decision;
  scope?: Scope;
  message?: string;
}

/** An LSP position: 0-based line, 0-based UTF-16 character. */
export interface Position {
  line: number;
  character: number;
}

/** One diagnostic as people and models read it: 1-based line and column (in code points). */
export interface Problem {
  uri: string;
  line: number;
  column: number;
  endLine?: number;
  endColumn?: number;
  severity: Severity;
  message: string;
  source?: string;
  code?: string;
}

/** Merged problems, errors first. */
export interface Problems {
  problems: Problem[];
  answers: ServerAnswer[];
}

/** `dispatch/session/prompt`; a repeated `messageId` does nothing twice. */
export interface Prompt {
  sessionId: string;
  messageId: string;
  content: (TextContent | FileContent | SelectionContent | DiagnosticContent)[];
  delivery?: "auto" | "steer" | "queue";
  model?: string;
  effort?: "none" | "minimal" | "low" | "medium" | "high" | "max";
}

/** What became of the message. */
export interface Prompted {
  disposition: "started" | "steered" | "queued";
  turnId?: string;
}

/** Something an agent asks the user. */
export interface Question {
  questionId: string;
  sessionId: string;
  itemId: string;
  text: string;
  choices?: string[];
}

/** `dispatch/question/reply`. */
export interface QuestionReply {
  questionId: string;
  answer: string;
}

/** `question.resolved`; `answer` is None where the turn ended before anyone answered. */
export interface QuestionResolved {
  questionId: string;
  answer?: string;
}

/** `queue.changed`: the whole queue. */
export interface QueueChanged {
  queue: QueuedMessage[];
}

/** A message that waits for the running agent (LOOP-6). */
export interface QueuedMessage {
  messageId: string;
  content: (TextContent | FileContent | SelectionContent | DiagnosticContent)[];
  delivery: "steer" | "queue";
}

/** An LSP range; `end` is exclusive. */
export interface Range {
  start: Position;
  end: Position;
}

/** `dispatch/blob/read`; offset and length in bytes. */
export interface ReadBlob {
  blobId: string;
  offset?: number;
  length?: number;
}

/** `dispatch/queue/remove`. */
export interface RemoveQueued {
  sessionId: string;
  messageId: string;
}

/** False where the message had been consumed already, or never was. */
export interface Removed {
  removed: boolean;
}

/** `dispatch/model/resolve`: by model id or tag; the default agent's where neither is given. */
export interface ResolveModel {
  tag?: string;
  model?: string;
}

/** The model a request would go to now, and why. */
export interface Resolved {
  model: string;
  key?: string;
  reasons: string[];
}

/** `dispatch/language/restart`: one server by id, or all. */
export interface RestartServer {
  server?: string;
}

/** `dispatch/save`: the editor writes an open file to the disk; LSP has no word for it. */
export interface Save {
  uri: string;
}

/** Whether it was. */
export interface Saved {
  saved: boolean;
}

/** For how long an answer holds (PERM-2). */
export type Scope = "once" | "session" | "always";

/** What the user had selected in the editor. */
export interface SelectionContent {
  type: "selection";
  uri: string;
  range: Range;
  text?: string;
}

/** How one server answered; `no answer in time` and `no problems` are different (LANG-4). */
export interface ServerAnswer {
  server: string;
  status: "fresh" | "settled" | "timeout" | "starting" | "unavailable" | "error";
  milliseconds: number;
  detail?: string;
}

/** The header of a conversation, as lists and trees show it. */
export interface Session {
  sessionId: string;
  parentId?: string;
  rootId: string;
  depth: number;
  detached: boolean;
  agent: string;
  model?: string;
  key?: string;
  effort?: "none" | "minimal" | "low" | "medium" | "high" | "max";
  title: string;
  state: State;
  on?: WaitingOn;
  until?: string;
  directory: string;
  createdAt: string;
  updatedAt: string;
  messageCount: number;
  usage: Usage;
  cost?: number;
}

/** A page of sessions. */
export interface SessionList {
  sessions: Session[];
  nextCursor?: string;
}

/** A session by its id. */
export interface SessionRef {
  sessionId: string;
}

/** `dispatch/session/cut`: the client did not read for too long; open these again, `after` the last `seq` known. */
export interface SessionsCut {
  sessionIds: string[];
}

/** LSP's four severities by name. */
export type Severity = "error" | "warning" | "information" | "hint";

/** All an editor needs to show a session, as of `seq`. */
export interface Snapshot {
  session: Session;
  seq: number;
  events: Event[];
  inFlight: InFlight[];
  queue: QueuedMessage[];
  todos: Todo[];
  permissions: Permission[];
  questions: Question[];
}

/** What a session is doing. */
export type State = "idle" | "running" | "waiting" | "waiting_for_key" | "done" | "error" | "cancelled";

/** Why a turn ended. */
export type StopReason = "end_turn" | "max_steps" | "cancelled" | "refused" | "error" | "budget";

/** Plain text. */
export interface TextContent {
  type: "text";
  text: string;
}

/** What the model thought aloud. */
export interface ThoughtItem {
  kind: "thought";
  text: string;
}

/** One line of a to-do list (TOOL-5). */
export interface Todo {
  text: string;
  status: "pending" | "in_progress" | "blocked" | "completed" | "cancelled";
}

/** `todo.changed`: the whole list. */
export interface TodoChanged {
  todos: Todo[];
}

/** One call of a tool, from the model's wish to the result it was given. */
export interface ToolCallItem {
  kind: "tool_call";
  tool: string;
  toolKind: ToolKind;
  title: string;
  input: { [key: string]: JsonValue };
  status: CallStatus;
  output: string | Blob;
  exitCode?: number;
  diff?: string | Blob;
  locations: Location[];
  diagnostics?: DiagnosticChange;
  childSessionId?: string;
}

/** What a tool does, for icons and grouping. */
export type ToolKind = "read" | "edit" | "delete" | "move" | "search" | "execute" | "think" | "fetch" | "other";

/** Sessions of a tree, parents first; `counts` by state, and of open permissions and questions. */
export interface Tree {
  sessions: Session[];
  counts: { [key: string]: number };
}

/** `dispatch/session/tree`: one tree, or all. */
export interface TreeOf {
  rootId?: string;
}

/** `dispatch/workspace/trust`. */
export interface Trust {
  trusted: boolean;
}

/** `turn.ended`; `error` is a sentence for the user where `stopReason` is error, `errorClass` as in DISP-4. */
export interface TurnEnded {
  stopReason: StopReason;
  usage: Usage;
  cost?: number;
  error?: string;
  errorClass?: string;
}

/** `turn.started`: the messages the turn answers, and the model it starts with. */
export interface TurnStarted {
  messageIds: string[];
  model?: string;
}

/** `dispatch/session/update`: the fields to change; they hold from the next step on. */
export interface UpdateSession {
  sessionId: string;
  title?: string;
  model?: string;
  effort?: "none" | "minimal" | "low" | "medium" | "high" | "max";
  agent?: string;
}

/** Tokens, and how many requests; `input` includes what was read from and written to a cache. */
export interface Usage {
  input: number;
  output: number;
  cacheRead: number;
  cacheWrite: number;
  reasoning: number;
  requests: number;
}

/** `usage.recorded`: one request to a provider. */
export interface UsageRecorded {
  model: string;
  key?: string;
  usage: Usage;
  cost?: number;
}

/** What a `waiting` session waits for. */
export type WaitingOn = "child" | "user" | "permission";

/** Requests of the client. */
export interface Methods {
  "dispatch/session/new": { params: NewSession; result: SessionRef };
  "dispatch/session/list": { params: ListSessions; result: SessionList };
  "dispatch/session/open": { params: OpenSession; result: Snapshot };
  "dispatch/session/close": { params: SessionRef; result: Empty };
  "dispatch/session/prompt": { params: Prompt; result: Prompted };
  "dispatch/session/cancel": { params: CancelSession; result: Empty };
  "dispatch/session/update": { params: UpdateSession; result: Empty };
  "dispatch/session/tree": { params: TreeOf; result: Tree };
  "dispatch/queue/remove": { params: RemoveQueued; result: Removed };
  "dispatch/permission/reply": { params: PermissionReply; result: Accepted };
  "dispatch/permission/list": { params: Empty; result: PermissionList };
  "dispatch/permission/log": { params: PermissionLogQuery; result: PermissionLog };
  "dispatch/question/reply": { params: QuestionReply; result: Accepted };
  "dispatch/model/list": { params: Empty; result: ModelList };
  "dispatch/model/resolve": { params: ResolveModel; result: Resolved };
  "dispatch/agent/list": { params: Empty; result: AgentList };
  "dispatch/config/get": { params: Empty; result: ConfigInForce };
  "dispatch/language/status": { params: Empty; result: LanguageStatus };
  "dispatch/language/diagnostics": { params: DiagnosticsOf; result: Problems };
  "dispatch/language/restart": { params: RestartServer; result: Empty };
  "dispatch/blob/read": { params: ReadBlob; result: BlobPart };
  "dispatch/workspace/trust": { params: Trust; result: Empty };
}

/** Requests of the server. */
export interface Requests {
  "dispatch/save": { params: Save; result: Saved };
}

/** Notifications of the server. */
export interface News {
  "dispatch/events": Events;
  "$/dispatch/delta": Delta;
  "dispatch/session/cut": SessionsCut;
}

/** `data` by type of event. */
export interface EventData {
  "session.created": Session;
  "session.updated": PartialSession;
  "session.closed": PartialSession;
  "turn.started": TurnStarted;
  "turn.ended": TurnEnded;
  "item.updated": ItemUpdated;
  "item.completed": ItemCompleted;
  "queue.changed": QueueChanged;
  "todo.changed": TodoChanged;
  "permission.requested": Permission;
  "permission.resolved": PermissionOutcome;
  "question.asked": Question;
  "question.resolved": QuestionResolved;
  "model.changed": ModelChanged;
  "config.reloaded": ConfigReloaded;
  "usage.recorded": UsageRecorded;
  "file.changed": FileChanged;
  "diagnostics.changed": DiagnosticsChanged;
}

/** The types of events this version knows; others may come and are to be passed over. */
export type EventType = keyof EventData;

/** An event whose `type` tells the shape of its `data`. */
export type KnownEvent = {
  [T in EventType]: Omit<Event, "type" | "data"> & { type: T; data: EventData[T] };
}[EventType];
