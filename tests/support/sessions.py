"""Sessions and events for tests of the log."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

from dispatch_ls.protocol.base import JsonObject, now
from dispatch_ls.protocol.events import Draft, Event, EventType
from dispatch_ls.protocol.permissions import Decision, Operation, Permission, PermissionOption, Scope
from dispatch_ls.protocol.sessions import Session
from dispatch_ls.sessions.store import Store


class Told:
    """A listener that remembers, in order."""

    def __init__(self) -> None:
        self.news: list[tuple[str, list[Event]]] = []

    def __call__(self, session_id: str, events: list[Event]) -> None:
        self.news.append((session_id, events))

    def seqs(self, session_id: str) -> list[int]:
        return [event.seq for told, events in self.news for event in events if told == session_id]


@asynccontextmanager
async def opened(
    directory: Path, told: Callable[[str, list[Event]], None] | None = None, clock: Callable[[], datetime] = now
) -> AsyncIterator[Store]:
    """A store that is closed at the end."""
    store = await Store.open(directory, on_commit=told or Told(), clock=clock)
    try:
        yield store
    finally:
        await store.close()


def header(
    session_id: str = "ses_1",
    *,
    parent: Session | None = None,
    title: str = "",
    directory: str = "/project",
    created_at: datetime | None = None,
) -> Session:
    """A fresh session, at the root or below `parent`."""
    created = created_at or now()
    return Session(
        session_id=session_id,
        parent_id=parent.session_id if parent else None,
        root_id=parent.root_id if parent else session_id,
        depth=parent.depth + 1 if parent else 0,
        agent="default",
        title=title,
        directory=directory,
        created_at=created,
        updated_at=created,
    )


def said(role: str, text: str, item_id: str = "itm_1", **more: str) -> Draft:
    """A completed message."""
    data: JsonObject = {"kind": "message", "role": role, "text": text, **more}
    return Draft(type=EventType.ITEM_COMPLETED, item_id=item_id, data=data)


def updated(item_id: str, turn_id: str | None = None, /, **data: object) -> Draft:
    """Fields of an item."""
    return Draft.model_validate({"type": EventType.ITEM_UPDATED, "item_id": item_id, "turn_id": turn_id, "data": data})


def call(item_id: str, status: str, turn_id: str = "trn_1", /, **data: object) -> Draft:
    """A tool call that is logged before it runs."""
    return updated(item_id, turn_id, kind="tool_call", tool="run_shell", step=1, status=status, **data)


def turn_started(turn_id: str = "trn_1") -> Draft:
    return Draft(type=EventType.TURN_STARTED, turn_id=turn_id, data={"messageIds": ["msg_1"]})


def turn_ended(turn_id: str = "trn_1") -> Draft:
    return Draft(type=EventType.TURN_ENDED, turn_id=turn_id, data={"stopReason": "end_turn"})


def state(name: str, on: str | None = None) -> Draft:
    return Draft(type=EventType.SESSION_UPDATED, data={"state": name, "on": on})


def permission(item_id: str, permission_id: str = "per_1", session_id: str = "ses_1") -> Permission:
    """A request to run a command."""
    return Permission(
        permission_id=permission_id,
        session_id=session_id,
        item_id=item_id,
        operation=Operation.EXECUTE,
        target="make test",
        title="Run make test",
        reason="commands ask",
        options=[PermissionOption(decision=Decision.ALLOW, scope=Scope.ONCE, label="Allow once")],
    )


def requested(wanted: Permission, turn_id: str = "trn_1") -> Draft:
    return Draft(type=EventType.PERMISSION_REQUESTED, turn_id=turn_id, item_id=wanted.item_id, data=wanted.wire())


def decided(wanted: Permission, decision: str, **more: str) -> Draft:
    data: JsonObject = {**wanted.wire(), "decision": decision, "scope": "once", "by": "user", **more}
    return Draft(type=EventType.PERMISSION_RESOLVED, item_id=wanted.item_id, data=data)
