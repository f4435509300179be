"""News: durable events with a gap-free `seq`, and deltas that may be dropped (shared protocol, "Two kinds of news")."""

from datetime import datetime
from enum import StrEnum
from typing import Literal

from pydantic import BaseModel

from dispatch_ls.protocol.base import JsonObject, Wire
from dispatch_ls.protocol.items import DiagnosticChange, Problem
from dispatch_ls.protocol.permissions import Permission, PermissionOutcome, Question
from dispatch_ls.protocol.sessions import QueuedMessage, Session, StopReason, Todo
from dispatch_ls.protocol.usage import Usage


class EventType(StrEnum):
    """All that can happen to a session."""

    SESSION_CREATED = "session.created"
    SESSION_UPDATED = "session.updated"
    SESSION_CLOSED = "session.closed"
    TURN_STARTED = "turn.started"
    TURN_ENDED = "turn.ended"
    ITEM_UPDATED = "item.updated"
    ITEM_COMPLETED = "item.completed"
    QUEUE_CHANGED = "queue.changed"
    TODO_CHANGED = "todo.changed"
    PERMISSION_REQUESTED = "permission.requested"
    PERMISSION_RESOLVED = "permission.resolved"
    QUESTION_ASKED = "question.asked"
    QUESTION_RESOLVED = "question.resolved"
    MODEL_CHANGED = "model.changed"
    CONFIG_RELOADED = "config.reloaded"
    USAGE_RECORDED = "usage.recorded"
    FILE_CHANGED = "file.changed"
    DIAGNOSTICS_CHANGED = "diagnostics.changed"


class Draft(Wire):
    """An event before the log has numbered and dated it."""

    type: str
    turn_id: str | None = None
    item_id: str | None = None
    data: JsonObject = {}


class Event(Draft):
    """Something that happened to a session: `seq` counts from 1 without gaps, `time` is when it was logged."""

    seq: int
    time: datetime


class Events(Wire):
    """`dispatch/events`: committed events of one session, in order."""

    session_id: str
    events: list[Event]


class Delta(Wire):
    """`$/dispatch/delta`: text that streams; `offset` counts UTF-16 units from the start of the field."""

    session_id: str
    item_id: str
    field: Literal["text", "thought", "input", "output"]
    offset: int
    text: str


class TurnStarted(Wire):
    """`turn.started`: the messages the turn answers, and the model it starts with."""

    message_ids: list[str]
    model: str | None = None


class TurnEnded(Wire):
    """`turn.ended`; `error` is a sentence for the user where `stopReason` is error, `errorClass` as in DISP-4."""

    stop_reason: StopReason
    usage: Usage = Usage()
    cost: float | None = None
    error: str | None = None
    error_class: str | None = None


class QueueChanged(Wire):
    """`queue.changed`: the whole queue."""

    queue: list[QueuedMessage]


class TodoChanged(Wire):
    """`todo.changed`: the whole list."""

    todos: list[Todo]


class QuestionResolved(Wire):
    """`question.resolved`; `answer` is None where the turn ended before anyone answered."""

    question_id: str
    answer: str | None = None


class ModelChanged(Wire):
    """`model.changed`: which model and key serve the session from here on, and why."""

    model: str
    key: str | None = None
    reason: str = ""
    retry_after: float | None = None
    will_retry: bool | None = None


class UsageRecorded(Wire):
    """`usage.recorded`: one request to a provider."""

    model: str
    key: str | None = None
    usage: Usage
    cost: float | None = None


class ConfigReloaded(Wire):
    """`config.reloaded`: what is in force now; `problems` name file, line and field of what is not."""

    files: list[str]
    problems: list[str] = []


class FileChanged(Wire):
    """`file.changed`: an agent changed a file."""

    uri: str
    change: Literal["created", "changed", "deleted"]


class DiagnosticsChanged(Wire):
    """`diagnostics.changed`: the settled problems of one file."""

    uri: str
    problems: list[Problem] = []
    change: DiagnosticChange | None = None


class PartialSession(Wire):
    """`session.updated`: changed fields of `Session` only; see that shape."""


EVENT_DATA: dict[EventType, type[BaseModel]] = {
    EventType.SESSION_CREATED: Session,
    EventType.SESSION_UPDATED: PartialSession,
    EventType.SESSION_CLOSED: PartialSession,
    EventType.TURN_STARTED: TurnStarted,
    EventType.TURN_ENDED: TurnEnded,
    EventType.QUEUE_CHANGED: QueueChanged,
    EventType.TODO_CHANGED: TodoChanged,
    EventType.PERMISSION_REQUESTED: Permission,
    EventType.PERMISSION_RESOLVED: PermissionOutcome,
    EventType.QUESTION_ASKED: Question,
    EventType.QUESTION_RESOLVED: QuestionResolved,
    EventType.MODEL_CHANGED: ModelChanged,
    EventType.USAGE_RECORDED: UsageRecorded,
    EventType.CONFIG_RELOADED: ConfigReloaded,
    EventType.FILE_CHANGED: FileChanged,
    EventType.DIAGNOSTICS_CHANGED: DiagnosticsChanged,
}
"""The shape of `data` by event type. `item.completed` carries a whole `Item`; `item.updated` any of its fields, where
those left out stay and `append` (`{field: text}`) adds to the end of texts. Both also carry `step` (from 1)."""
