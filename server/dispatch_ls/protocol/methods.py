"""Every `dispatch/*` method once: its parameters and its result. Schemas and the TypeScript types come from here."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field

from dispatch_ls.protocol.base import JsonObject, Wire
from dispatch_ls.protocol.events import Delta, Event, Events
from dispatch_ls.protocol.items import Content, Problem
from dispatch_ls.protocol.permissions import Decision, Permission, PermissionOutcome, Question, Scope
from dispatch_ls.protocol.sessions import Effort, QueuedMessage, Session, Todo


class Empty(Wire):
    """No parameters, or nothing to say but that it was done."""


class NewSession(Wire):
    """`dispatch/session/new`; `directory` lies within the workspace, default its root."""

    agent: str | None = None
    model: str | None = None
    effort: Effort | None = None
    title: str | None = None
    directory: str | None = None


class SessionRef(Wire):
    """A session by its id."""

    session_id: str


class ListSessions(Wire):
    """`dispatch/session/list`; newest first, `cursor` from the previous page."""

    query: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    project: str | None = None
    limit: int = Field(default=50, ge=1, le=500)
    cursor: str | None = None


class SessionList(Wire):
    """A page of sessions."""

    sessions: list[Session]
    next_cursor: str | None = None


class OpenSession(Wire):
    """`dispatch/session/open`; `after` is the last `seq` the client knows."""

    session_id: str
    after: int = Field(default=0, ge=0)


class InFlight(Wire):
    """A text that is being streamed: what of it the log does not hold yet follows as deltas from `offset`."""

    item_id: str
    field: str
    offset: int


class Snapshot(Wire):
    """All an editor needs to show a session, as of `seq`."""

    session: Session
    seq: int
    events: list[Event]
    in_flight: list[InFlight]
    queue: list[QueuedMessage]
    todos: list[Todo]
    permissions: list[Permission]
    questions: list[Question]


class Prompt(Wire):
    """`dispatch/session/prompt`; a repeated `messageId` does nothing twice."""

    session_id: str
    message_id: str = Field(min_length=1, max_length=128)
    content: list[Content] = Field(min_length=1)
    delivery: Literal["auto", "steer", "queue"] = "auto"
    model: str | None = None
    effort: Effort | None = None


class Prompted(Wire):
    """What became of the message."""

    disposition: Literal["started", "steered", "queued"]
    turn_id: str | None = None


class CancelSession(Wire):
    """`dispatch/session/cancel`: the running turn, or the turns of the whole tree below too."""

    session_id: str
    scope: Literal["turn", "tree"] = "turn"


class UpdateSession(Wire):
    """`dispatch/session/update`: the fields to change; they hold from the next step on."""

    session_id: str
    title: str | None = None
    model: str | None = None
    effort: Effort | None = None
    agent: str | None = None


class TreeOf(Wire):
    """`dispatch/session/tree`: one tree, or all."""

    root_id: str | None = None


class Tree(Wire):
    """Sessions of a tree, parents first; `counts` by state, and of open permissions and questions."""

    sessions: list[Session]
    counts: dict[str, int]


class RemoveQueued(Wire):
    """`dispatch/queue/remove`."""

    session_id: str
    message_id: str


class Removed(Wire):
    """False where the message had been consumed already, or never was."""

    removed: bool


class PermissionReply(Wire):
    """`dispatch/permission/reply`: the first valid answer counts."""

    permission_id: str
    decision: Decision
    scope: Scope = Scope.ONCE
    message: str | None = None


class Accepted(Wire):
    """Whether this answer was the one that counted."""

    accepted: bool


class PermissionList(Wire):
    """Open requests of the whole workspace, oldest first."""

    permissions: list[Permission]


class PermissionLogQuery(Wire):
    """`dispatch/permission/log`: newest first."""

    session_id: str | None = None
    limit: int = Field(default=200, ge=1, le=5000)


class PermissionLogEntry(PermissionOutcome):
    """A decision and when it was taken."""

    time: datetime


class PermissionLog(Wire):
    """What was decided by whom or which rule (PERM-8)."""

    entries: list[PermissionLogEntry]


class QuestionReply(Wire):
    """`dispatch/question/reply`."""

    question_id: str
    answer: str


class ModelInfo(Wire):
    """A model as a picker shows it; `why_not` says what is missing where it is not usable."""

    model: str
    name: str
    provider: str
    key: str | None = None
    tags: list[str] = []
    context: int | None = None
    usable: bool
    why_not: str | None = None


class ModelList(Wire):
    """`dispatch/model/list`."""

    models: list[ModelInfo]
    hint: str | None = None
    """One sentence on what to do, where no model is usable."""


class ResolveModel(Wire):
    """`dispatch/model/resolve`: by model id or tag; the default agent's where neither is given."""

    tag: str | None = None
    model: str | None = None


class Resolved(Wire):
    """The model a request would go to now, and why."""

    model: str
    key: str | None = None
    reasons: list[str]


class AgentInfo(Wire):
    """An agent definition as a picker shows it."""

    agent: str
    description: str = ""
    subagent: bool = False


class AgentList(Wire):
    """`dispatch/agent/list`."""

    agents: list[AgentInfo]
    default: str


class ConfigInForce(Wire):
    """`dispatch/config/get`: what is in force, from which files, and what is wrong with them."""

    settings: JsonObject
    files: list[str]
    problems: list[str]
    trusted: bool


class LanguageServerStatus(Wire):
    """One real language server; `hint` says how to install it where it is missing."""

    server: str
    root: str | None = None
    state: Literal["absent", "stopped", "starting", "ready", "backoff", "failed", "stopping", "untrusted"]
    version: str | None = None
    languages: list[str] = []
    hint: str | None = None


class LanguageStatus(Wire):
    """`dispatch/language/status`."""

    servers: list[LanguageServerStatus]
    trusted: bool


class DiagnosticsOf(Wire):
    """`dispatch/language/diagnostics`: of one file, asked afresh, or all that are known."""

    uri: str | None = None


class ServerAnswer(Wire):
    """How one server answered; `no answer in time` and `no problems` are different (LANG-4)."""

    server: str
    status: Literal["fresh", "settled", "timeout", "starting", "unavailable", "error"]
    milliseconds: int = 0
    detail: str | None = None


class Problems(Wire):
    """Merged problems, errors first."""

    problems: list[Problem]
    answers: list[ServerAnswer]


class RestartServer(Wire):
    """`dispatch/language/restart`: one server by id, or all."""

    server: str | None = None


class ReadBlob(Wire):
    """`dispatch/blob/read`; offset and length in bytes."""

    blob_id: str
    offset: int = Field(default=0, ge=0)
    length: int = Field(default=65536, ge=1, le=4 * 1024 * 1024)


class BlobPart(Wire):
    """A piece of a long value; `size` is the whole one's."""

    text: str
    offset: int
    next_offset: int
    size: int


class Trust(Wire):
    """`dispatch/workspace/trust`."""

    trusted: bool


class SessionsCut(Wire):
    """`dispatch/session/cut`: the client did not read for too long; open these again, `after` the last `seq` known."""

    session_ids: list[str]


class Save(Wire):
    """`dispatch/save`: the editor writes an open file to the disk; LSP has no word for it."""

    uri: str


class Saved(Wire):
    """Whether it was."""

    saved: bool


@dataclass(frozen=True)
class Method:
    """One method of the wire; a notification has no result."""

    params: type[BaseModel]
    result: type[BaseModel] | None


METHODS: dict[str, Method] = {
    "dispatch/session/new": Method(NewSession, SessionRef),
    "dispatch/session/list": Method(ListSessions, SessionList),
    "dispatch/session/open": Method(OpenSession, Snapshot),
    "dispatch/session/close": Method(SessionRef, Empty),
    "dispatch/session/prompt": Method(Prompt, Prompted),
    "dispatch/session/cancel": Method(CancelSession, Empty),
    "dispatch/session/update": Method(UpdateSession, Empty),
    "dispatch/session/tree": Method(TreeOf, Tree),
    "dispatch/queue/remove": Method(RemoveQueued, Removed),
    "dispatch/permission/reply": Method(PermissionReply, Accepted),
    "dispatch/permission/list": Method(Empty, PermissionList),
    "dispatch/permission/log": Method(PermissionLogQuery, PermissionLog),
    "dispatch/question/reply": Method(QuestionReply, Accepted),
    "dispatch/model/list": Method(Empty, ModelList),
    "dispatch/model/resolve": Method(ResolveModel, Resolved),
    "dispatch/agent/list": Method(Empty, AgentList),
    "dispatch/config/get": Method(Empty, ConfigInForce),
    "dispatch/language/status": Method(Empty, LanguageStatus),
    "dispatch/language/diagnostics": Method(DiagnosticsOf, Problems),
    "dispatch/language/restart": Method(RestartServer, Empty),
    "dispatch/blob/read": Method(ReadBlob, BlobPart),
    "dispatch/workspace/trust": Method(Trust, Empty),
}
"""Requests of the client."""

NEWS: dict[str, Method] = {
    "dispatch/events": Method(Events, None),
    "$/dispatch/delta": Method(Delta, None),
    "dispatch/session/cut": Method(SessionsCut, None),
}
"""Notifications of the server."""

REQUESTS: dict[str, Method] = {
    "dispatch/save": Method(Save, Saved),
}
"""Requests of the server."""
