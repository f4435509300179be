/** Pick lists: conversations, models, agents. */

import * as vscode from "vscode";
import type { Chat } from "../chat";
import type { Client } from "../client";
import type { ModelInfo, Session, State } from "../protocol";
import { ago, money } from "../text/figures";
import { visibleLine, withoutIcons } from "../text/visible";

const ICONS: { [state in State]: string } = {
  idle: "$(comment)",
  running: "$(loading~spin)",
  waiting: "$(shield)",
  waiting_for_key: "$(watch)",
  done: "$(check)",
  error: "$(error)",
  cancelled: "$(circle-slash)",
};

interface SessionItem extends vscode.QuickPickItem {
  sessionId?: string;
  fresh?: boolean;
}

/** List the conversations of this workspace, newest first; `show` the chat, and in it the chosen one, or a new one. */
export async function pickSession(client: Client, chat: Chat, show: () => Promise<void>): Promise<void> {
  const { sessions } = await client.request("dispatch/session/list", { limit: 200 });
  const roots = sessions.filter((session) => session.parentId === undefined);
  const items: SessionItem[] = [
    { label: "$(add) New Conversation", fresh: true, alwaysShow: true },
    { label: "", kind: vscode.QuickPickItemKind.Separator },
    ...roots.map((session) => sessionItem(session, session.sessionId === chat.sessionId)),
  ];
  const picked = await vscode.window.showQuickPick(items, { title: "Dispatch: Conversations", placeHolder: "Open a conversation", matchOnDescription: true });
  if (picked === undefined) return;
  await show();
  if (picked.fresh) await chat.leave();
  else if (picked.sessionId) await chat.open(picked.sessionId);
}

function sessionItem(session: Session, current: boolean): SessionItem {
  const facts = [ago(session.updatedAt, Date.now()), `${session.messageCount} messages`, session.cost ? money(session.cost) : ""];
  return {
    sessionId: session.sessionId,
    label: `${ICONS[session.state] ?? "$(comment)"} ${withoutIcons(visibleLine(session.title || "Untitled", 80))}`,
    description: `${facts.filter(Boolean).join(" · ")}${current ? " · open" : ""}`,
  };
}

interface ModelItem extends vscode.QuickPickItem {
  model?: ModelInfo;
}

/** Choose the model that serves the conversation from its next step on. */
export async function pickModel(client: Client, chat: Chat): Promise<void> {
  const { models, hint } = await client.request("dispatch/model/list", {});
  if (models.length === 0) {
    void vscode.window.showInformationMessage(hint ?? "No model is configured.");
    return;
  }
  const current = chat.current?.session.model ?? chat.chosen.model;
  const items = models.map((model): ModelItem => ({
    model,
    label: `${model.usable ? "$(symbol-class)" : "$(circle-slash)"} ${withoutIcons(model.name || model.model)}`,
    description: [model.provider, ...model.tags, model.model === current ? "in use" : ""].filter(Boolean).join(" · "),
    detail: model.usable ? undefined : model.whyNot,
  }));
  const picked = await vscode.window.showQuickPick(items, { title: "Dispatch: Model", placeHolder: "The model for this conversation", matchOnDescription: true });
  if (picked?.model && !picked.model.usable) void vscode.window.showWarningMessage(picked.model.whyNot ?? "This model can't be used now.");
  else if (picked?.model) await chat.choose({ model: picked.model.model });
}

/** Choose the agent of the conversation. */
export async function pickAgent(client: Client, chat: Chat): Promise<void> {
  const { agents, default: standard } = await client.request("dispatch/agent/list", {});
  const current = chat.current?.session.agent ?? chat.chosen.agent ?? standard;
  const items = agents.filter((agent) => !agent.subagent).map((agent) => ({
    agent: agent.agent,
    label: `$(person) ${withoutIcons(agent.agent)}`,
    description: agent.agent === current ? "in use" : "",
    detail: agent.description ? withoutIcons(visibleLine(agent.description)) : undefined,
  }));
  const picked = await vscode.window.showQuickPick(items, { title: "Dispatch: Agent", placeHolder: "The agent of this conversation" });
  if (picked) await chat.choose({ agent: picked.agent });
}
