"""A session as Markdown, for editors that have no view of their own."""

import json
from pathlib import Path

from dispatch_ls.protocol.base import JsonObject
from dispatch_ls.protocol.events import EventType
from dispatch_ls.protocol.methods import Snapshot, Tree
from dispatch_ls.protocol.sessions import Session
from dispatch_ls.sessions.snapshot import items_of

MAX_OUTPUT = 8000
"""Characters of one tool's output; the log keeps the rest."""


def transcript(snapshot: Snapshot) -> str:
    """The whole conversation, with what the tools did."""
    session = snapshot.session
    head = [f"# {session.title or 'Untitled session'}", "", _facts(session), ""]
    parts = [part for item in items_of(snapshot.events).values() if (part := _item(item))]
    ends = [_ending(event.data) for event in snapshot.events if event.type == EventType.TURN_ENDED]
    return "\n".join([*head, *parts, *ends[-1:]]).rstrip() + "\n"


def tree_text(tree: Tree) -> str:
    """The agent tree, a line a session, children below their parents."""
    lines = ["# Agents", ""]
    for session in tree.sessions:
        state = f"{session.state}" + (f" on {session.on}" if session.on else "")
        title = session.title or session.session_id
        lines.append(f"{'  ' * session.depth}- **{title}** ({session.agent}): {state}{_cost(session)}")
    return "\n".join([*lines, "" if tree.sessions else "No session yet.", ""])


def save(directory: Path, name: str, text: str) -> Path:
    """Write a file for its owner's eyes; the same name is replaced."""
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    file = directory / f"{name}.md"
    file.touch(mode=0o600)
    file.write_text(text, encoding="utf-8")
    return file


def _facts(session: Session) -> str:
    parts = [f"Agent {session.agent}", session.model or "", str(session.state), session.created_at.isoformat()]
    return " · ".join(part for part in parts if part) + _cost(session)


def _cost(session: Session) -> str:
    return f" · ${session.cost:.4f}" if session.cost is not None else ""


def _item(item: JsonObject) -> str:
    kind = item.get("kind")
    if kind == "message":
        who = "You" if item.get("role") == "user" else "Dispatch"
        return f"## {who}\n\n{_text(item.get('text'))}\n"
    if kind == "thought":
        return "> " + _text(item.get("text")).replace("\n", "\n> ") + "\n"
    if kind == "tool_call":
        return _tool_call(item)
    if kind == "notice":
        return f"*{_text(item.get('text'))}*\n"
    if kind == "compaction":
        return f"---\n\n{_text(item.get('summary'))}\n"
    return ""


def _tool_call(item: JsonObject) -> str:
    title = _text(item.get("title")) or _text(item.get("tool"))
    shown = [f"### {title}", "", f"`{_text(item.get('tool'))}`: {_text(item.get('status'))}", ""]
    diff, output = _text(item.get("diff")), _text(item.get("output"))
    if diff:
        shown += [_fenced(diff, "diff"), ""]
    elif output:
        shown += [_fenced(output, ""), ""]
    return "\n".join(shown)


def _ending(data: JsonObject) -> str:
    error = f": {_text(data.get('error'))}" if data.get("error") else ""
    return f"---\n\n*Last turn: {_text(data.get('stopReason'))}{error}*\n"


def _fenced(text: str, language: str) -> str:
    cut = text if len(text) <= MAX_OUTPUT else text[:MAX_OUTPUT] + "\n…"
    fence = "```"
    while fence in cut:
        fence += "`"
    return f"{fence}{language}\n{cut.rstrip()}\n{fence}"


def _text(value: object) -> str:
    """A text, or the head of one that is kept apart."""
    if isinstance(value, dict):
        return str(value["head"]) + "\n…" if "head" in value else json.dumps(value, ensure_ascii=False)
    return "" if value is None else str(value)
