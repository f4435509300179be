/** What the status bar says. Pure. */

import type { Session } from "../protocol";
import type { ServerView } from "../rows";
import { money } from "../text/figures";
import { isBusy } from "./conversation";

export interface Status {
  text: string;
  tooltip: string;
  command: string;
  urgent: boolean;
}

const SERVER: { [state in ServerView["state"]]: Omit<Status, "urgent"> } = {
  starting: { text: "$(loading~spin) Dispatch: starting", tooltip: "The server is starting.", command: "dispatch.server.showLog" },
  ready: { text: "$(comment-discussion) Dispatch: ready", tooltip: "Open the chat", command: "dispatch.chat.show" },
  stopped: { text: "$(debug-disconnect) Dispatch: stopped", tooltip: "Restart the server", command: "dispatch.server.restart" },
  failed: { text: "$(error) Dispatch: failed", tooltip: "Show the server's log", command: "dispatch.server.showLog" },
  missing: { text: "$(cloud-download) Dispatch: not installed", tooltip: "Install the server", command: "dispatch.server.install" },
};

/** The state that matters most: a broken server, then a waiting agent, then a working one. */
export function statusOf(server: Pick<ServerView, "state" | "detail">, session: Session | undefined, requests: number): Status {
  const base = SERVER[server.state];
  if (server.state !== "ready") {
    return { ...base, tooltip: [server.detail, base.tooltip].filter(Boolean).join("\n"), urgent: false };
  }
  if (requests > 0) {
    const many = requests === 1 ? "1 request" : `${requests} requests`;
    return { text: `$(shield) Dispatch: ${many}`, tooltip: "An agent asks for permission. Answer…", command: "dispatch.permission.answer", urgent: true };
  }
  const cost = session?.cost ? ` · ${money(session.cost)}` : "";
  return { ...base, text: `${activity(session) ?? base.text}${cost}`, urgent: false };
}

function activity(session: Session | undefined): string | undefined {
  if (session === undefined || !isBusy(session)) return undefined;
  if (session.state === "waiting_for_key") return "$(watch) Dispatch: waiting for a key";
  if (session.state === "waiting" && session.on === "user") return "$(question) Dispatch: asks you";
  return "$(loading~spin) Dispatch: working";
}
