/** What the extension and its webview tell each other. */

import type { Decision, Scope } from "./protocol";
import type { Attachment, Change, View } from "./rows";

/** `epoch` counts whole views, `number` the changes within one: a change that does not follow is not applied. */
export type ToWebview =
  | { type: "reset"; epoch: number; view: View }
  | { type: "changes"; epoch: number; number: number; changes: Change[] }
  | { type: "attach"; attachment: Attachment }
  | { type: "prompted"; messageId: string; error?: string }
  | { type: "replied"; permissionId: string; error?: string }
  | { type: "focus" }
  | { type: "reveal"; permissionId: string };

export type FromWebview =
  | { type: "ready" }
  | { type: "lost" }
  | { type: "prompt"; messageId: string; text: string; attachments: Attachment[] }
  | { type: "stop" }
  | { type: "retry" }
  | { type: "unqueue"; messageId: string }
  | { type: "reply"; permissionId: string; decision: Decision; scope: Scope; message?: string }
  | { type: "answer"; questionId: string; answer: string }
  | { type: "command"; command: WebviewCommand }
  | { type: "openLink"; href: string }
  | { type: "openLocation"; uri: string; line?: number }
  | { type: "openBlob"; blobId: string; name: string }
  | { type: "copy"; text: string }
  | { type: "insert"; text: string };

/** The commands that the webview may run; nothing else it names is run. */
export const WEBVIEW_COMMANDS = [
  "dispatch.server.install",
  "dispatch.server.restart",
  "dispatch.server.showLog",
  "dispatch.logs.show",
  "dispatch.model.pick",
  "dispatch.agent.pick",
  "dispatch.session.new",
  "dispatch.session.pick",
  "dispatch.trust.manage",
  "dispatch.problem.fix",
  "dispatch.walkthrough.open",
] as const;

export type WebviewCommand = (typeof WEBVIEW_COMMANDS)[number];
