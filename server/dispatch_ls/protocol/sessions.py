"""A session: one conversation with its agent, model, queue, to-do list and state."""

from datetime import datetime
from enum import StrEnum
from typing import Literal

from dispatch_ls.protocol.base import Wire
from dispatch_ls.protocol.items import Content
from dispatch_ls.protocol.usage import Usage

WORKSPACE = "workspace"
"""The `sessionId` of news that belongs to no session."""


class State(StrEnum):
    """What a session is doing."""

    IDLE = "idle"
    RUNNING = "running"
    WAITING = "waiting"
    WAITING_FOR_KEY = "waiting_for_key"
    DONE = "done"
    ERROR = "error"
    CANCELLED = "cancelled"


class WaitingOn(StrEnum):
    """What a `waiting` session waits for."""

    CHILD = "child"
    USER = "user"
    PERMISSION = "permission"


class StopReason(StrEnum):
    """Why a turn ended."""

    END_TURN = "end_turn"
    MAX_STEPS = "max_steps"
    CANCELLED = "cancelled"
    REFUSED = "refused"
    ERROR = "error"
    BUDGET = "budget"


Effort = Literal["none", "minimal", "low", "medium", "high", "max"]


class Session(Wire):
    """The header of a conversation, as lists and trees show it."""

    session_id: str
    parent_id: str | None = None
    root_id: str
    depth: int = 0
    detached: bool = False
    agent: str
    model: str | None = None
    key: str | None = None
    effort: Effort | None = None
    title: str = ""
    state: State = State.IDLE
    on: WaitingOn | None = None
    until: datetime | None = None
    directory: str
    created_at: datetime
    updated_at: datetime
    message_count: int = 0
    usage: Usage = Usage()
    cost: float | None = None
    """USD; None while no price is known."""


class QueuedMessage(Wire):
    """A message that waits for the running agent (LOOP-6)."""

    message_id: str
    content: list[Content]
    delivery: Literal["steer", "queue"]


class Todo(Wire):
    """One line of a to-do list (TOOL-5)."""

    text: str
    status: Literal["pending", "in_progress", "blocked", "completed", "cancelled"] = "pending"
