"""After the server's end, however it ended: what was going on is closed or, where it only waits for the user, kept."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from dispatch_ls.protocol.base import JsonObject
from dispatch_ls.protocol.events import Draft, Event, EventType, QuestionResolved, TurnEnded
from dispatch_ls.protocol.items import CallStatus
from dispatch_ls.protocol.permissions import Decision, Permission, PermissionOutcome, Question, Scope
from dispatch_ls.protocol.sessions import Session, State, StopReason, WaitingOn
from dispatch_ls.sessions import snapshot

OUTCOME_UNKNOWN = "interrupted, outcome unknown"
SERVER_ENDED = "the server ended while this turn ran; what was running is marked as interrupted"
NOBODY_DECIDED = "the server ended before anyone decided"


@dataclass(frozen=True)
class Suspended:
    """A turn that waits for the user: its pending calls have not run, and go on once the requests are answered."""

    session_id: str
    turn_id: str
    permissions: tuple[Permission, ...]


@dataclass(frozen=True)
class Recovery:
    """What brings a session to rest; `suspended` where its turn goes on later."""

    drafts: list[Draft] = field(default_factory=list)
    suspended: Suspended | None = None


def recover(session: Session, turn: Sequence[Event], standing: Sequence[Event]) -> Recovery:
    """What to log for a session that was not at rest.

    `turn` are the events of its open turn, empty where none is open; `standing` those of `snapshot.STANDING`.
    """
    items = _open_items(turn)
    open_permissions = snapshot.open_permissions(standing)
    waiting = tuple(each for each in open_permissions if _is_pending(items.get(each.item_id)))
    stale = [each for each in open_permissions if each not in waiting]
    turn_id = next((event.turn_id for event in turn if event.turn_id), None)
    keeps = bool(waiting) and turn_id is not None
    drafts = [
        *(_close(turn_id, item_id, item) for item_id, item in items.items() if not (keeps and _is_pending(item))),
        *(_deny(turn_id, each) for each in (stale if keeps else open_permissions)),
        *(_unanswered(turn_id, each) for each in snapshot.open_questions(standing)),
    ]
    if keeps and turn_id is not None:
        drafts += _waiting_state(session)
        return Recovery(drafts, Suspended(session.session_id, turn_id, waiting))
    if turn_id is not None:
        drafts.append(_end(turn_id, turn))
    return Recovery([*drafts, *_idle_state(session)])


def _open_items(turn: Sequence[Event]) -> dict[str, JsonObject]:
    completed = snapshot.completed_items(turn)
    return {item_id: item for item_id, item in snapshot.items_of(turn).items() if item_id not in completed}


def _is_pending(item: JsonObject | None) -> bool:
    return item is not None and item.get("kind") == "tool_call" and item.get("status") == CallStatus.PENDING


def _close(turn_id: str | None, item_id: str, item: JsonObject) -> Draft:
    closed = {**item}
    match item.get("kind"):
        case "tool_call":
            closed |= {
                "status": CallStatus.INTERRUPTED,
                "input": _whole_input(item),
                "output": _interrupted_output(item),
            }
        case "message":
            closed |= {"text": item.get("text", ""), "truncated": True}
        case "thought":
            closed["text"] = item.get("text", "")
    return Draft(type=EventType.ITEM_COMPLETED, turn_id=turn_id, item_id=item_id, data=closed)


def _whole_input(item: JsonObject) -> JsonObject:
    streamed = item.get("input")
    if isinstance(streamed, str):
        try:
            streamed = json.loads(streamed)
        except ValueError:
            return {}
    return streamed if isinstance(streamed, dict) else {}


def _interrupted_output(item: JsonObject) -> str:
    output = item.get("output")
    return f"{output}\n{OUTCOME_UNKNOWN}" if isinstance(output, str) and output else OUTCOME_UNKNOWN


def _deny(turn_id: str | None, permission: Permission) -> Draft:
    outcome = PermissionOutcome(
        **permission.model_dump(by_alias=False),
        decision=Decision.DENY,
        scope=Scope.ONCE,
        by="policy",
        rule=NOBODY_DECIDED,
    )
    return Draft(type=EventType.PERMISSION_RESOLVED, turn_id=turn_id, item_id=permission.item_id, data=outcome.wire())


def _unanswered(turn_id: str | None, question: Question) -> Draft:
    resolved = QuestionResolved(question_id=question.question_id)
    return Draft(type=EventType.QUESTION_RESOLVED, turn_id=turn_id, item_id=question.item_id, data=resolved.wire())


def _end(turn_id: str, turn: Sequence[Event]) -> Draft:
    usage, cost = snapshot.usage_of(turn)
    ended = TurnEnded(stop_reason=StopReason.ERROR, usage=usage, cost=cost, error=SERVER_ENDED)
    return Draft(type=EventType.TURN_ENDED, turn_id=turn_id, data=ended.wire())


def _idle_state(session: Session) -> Iterator[Draft]:
    if session.state is not State.IDLE:
        yield Draft(type=EventType.SESSION_UPDATED, data={"state": State.IDLE, "on": None, "until": None})


def _waiting_state(session: Session) -> Iterator[Draft]:
    if (session.state, session.on) != (State.WAITING, WaitingOn.PERMISSION):
        data: JsonObject = {"state": State.WAITING, "on": WaitingOn.PERMISSION, "until": None}
        yield Draft(type=EventType.SESSION_UPDATED, data=data)
