"""What a session looks like after its events: pure folds. An editor that folds the same events sees the same."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from pydantic import JsonValue

from dispatch_ls.protocol.base import JsonObject
from dispatch_ls.protocol.errors import Invalid
from dispatch_ls.protocol.events import Event, EventType, ModelChanged, QueueChanged, TodoChanged, UsageRecorded
from dispatch_ls.protocol.permissions import Permission, Question
from dispatch_ls.protocol.sessions import QueuedMessage, Session, State, Todo
from dispatch_ls.protocol.usage import Usage

STANDING = (
    EventType.QUEUE_CHANGED,
    EventType.TODO_CHANGED,
    EventType.PERMISSION_REQUESTED,
    EventType.PERMISSION_RESOLVED,
    EventType.QUESTION_ASKED,
    EventType.QUESTION_RESOLVED,
)
"""The events that queue, to-do list and open requests are made of."""

_CHANGEABLE = frozenset(
    {"title", "model", "key", "effort", "agent", "state", "on", "until", "directory", "detached"}
)  # the rest of a header is counted from other events, or is what the session is


def fold_session(events: Iterable[Event], session: Session | None = None) -> Session:
    """The header after the events; without `session` the first one must be `session.created`."""
    for event in events:
        session = _created(event) if session is None else _advance(session, event)
    if session is None:
        raise Invalid("a session begins with session.created")
    return session


def open_turn(events: Iterable[Event], turn_seq: int | None = None) -> int | None:
    """The `seq` at which the turn that has not ended started; None where no turn is open."""
    for event in events:
        if event.type == EventType.TURN_STARTED:
            turn_seq = event.seq
        elif event.type == EventType.TURN_ENDED:
            turn_seq = None
    return turn_seq


def items_of(events: Iterable[Event]) -> dict[str, JsonObject]:
    """Items by id in the order in which they appeared, each merged from its updates."""
    items: dict[str, JsonObject] = {}
    for event in events:
        if event.item_id is None:
            continue
        if event.type == EventType.ITEM_COMPLETED:
            items[event.item_id] = event.data
        elif event.type == EventType.ITEM_UPDATED:
            items[event.item_id] = merge_item(items.get(event.item_id, {}), event.data)
    return items


def merge_item(item: JsonObject, update: JsonObject) -> JsonObject:
    """The item after `item.updated`: fields left out stay, `append` adds to the end of texts."""
    merged = {**item, **update}
    appended = merged.pop("append", None)
    for name, text in appended.items() if isinstance(appended, dict) else ():
        before = merged.get(name)
        merged[name] = f"{before if isinstance(before, str) else ''}{text}"
    return merged


def completed_items(events: Iterable[Event]) -> set[str]:
    """The ids of items that will not change any more."""
    return {event.item_id for event in events if event.type == EventType.ITEM_COMPLETED and event.item_id}


def queue_of(events: Iterable[Event]) -> list[QueuedMessage]:
    """The messages that wait, oldest first."""
    last = _last(events, EventType.QUEUE_CHANGED)
    return QueueChanged.model_validate(last.data).queue if last else []


def todos_of(events: Iterable[Event]) -> list[Todo]:
    """The to-do list."""
    last = _last(events, EventType.TODO_CHANGED)
    return TodoChanged.model_validate(last.data).todos if last else []


def open_permissions(events: Iterable[Event]) -> list[Permission]:
    """Requests for permission that nobody has decided, oldest first."""
    found = _still_open(events, EventType.PERMISSION_REQUESTED, EventType.PERMISSION_RESOLVED, "permissionId")
    return [Permission.model_validate(data) for data in found]


def open_questions(events: Iterable[Event]) -> list[Question]:
    """Questions that nobody has answered, oldest first."""
    found = _still_open(events, EventType.QUESTION_ASKED, EventType.QUESTION_RESOLVED, "questionId")
    return [Question.model_validate(data) for data in found]


def usage_of(events: Iterable[Event]) -> tuple[Usage, float | None]:
    """Tokens and USD of all requests; the cost is None while no price is known."""
    usage, cost = Usage(), None
    for event in events:
        if event.type == EventType.USAGE_RECORDED:
            usage, cost = _add_usage(usage, cost, event)
    return usage, cost


def message_ids(event: Event) -> Iterator[str]:
    """The ids of the user's messages that the event shows to have arrived."""
    if event.type == EventType.ITEM_COMPLETED:
        yield from _message_id(event.data)
    elif event.type == EventType.QUEUE_CHANGED:
        queue = event.data.get("queue")
        for message in queue if isinstance(queue, list) else ():
            yield from _message_id(message)


def message_text(event: Event) -> str:
    """What was said, where the event completes a message; else empty."""
    text = event.data.get("text") if _completes_message(event) else None
    return text if isinstance(text, str) else ""


def _created(event: Event) -> Session:
    if event.type != EventType.SESSION_CREATED:
        raise Invalid("a session begins with session.created")
    session = Session.model_validate(event.data)
    return session.model_copy(update={"updated_at": max(session.updated_at, event.time)})


def _advance(session: Session, event: Event) -> Session:
    changed: dict[str, object] = {"updated_at": max(session.updated_at, event.time)}
    match event.type:
        case EventType.SESSION_UPDATED | EventType.SESSION_CLOSED:
            session = _change(session, event.data)
        case EventType.MODEL_CHANGED:
            model = ModelChanged.model_validate(event.data)
            changed |= {"model": model.model, "key": model.key}
        case EventType.USAGE_RECORDED:
            changed["usage"], changed["cost"] = _add_usage(session.usage, session.cost, event)
        case EventType.ITEM_COMPLETED if _completes_message(event):
            changed["message_count"] = session.message_count + 1
    return session.model_copy(update=changed)


def _change(session: Session, data: JsonObject) -> Session:
    changes = {name: value for name, value in data.items() if name in _CHANGEABLE}
    changed = Session.model_validate({**session.model_dump(by_alias=False), **changes})
    # what a session waits for means nothing once it does not wait
    stale: dict[str, datetime | None] = {}
    if changed.state is not State.WAITING:
        stale["on"] = None
    if changed.state is not State.WAITING_FOR_KEY:
        stale["until"] = None
    return changed.model_copy(update=stale)


def _add_usage(usage: Usage, cost: float | None, event: Event) -> tuple[Usage, float | None]:
    recorded = UsageRecorded.model_validate(event.data)
    return usage + recorded.usage, cost if recorded.cost is None else (cost or 0.0) + recorded.cost


def _completes_message(event: Event) -> bool:
    return event.type == EventType.ITEM_COMPLETED and event.data.get("kind") == "message"


def _message_id(data: JsonValue) -> Iterator[str]:
    found = data.get("messageId") if isinstance(data, dict) else None
    if isinstance(found, str):
        yield found


def _last(events: Iterable[Event], kind: EventType) -> Event | None:
    last = None
    for event in events:
        if event.type == kind:
            last = event
    return last


def _still_open(events: Iterable[Event], asked: EventType, resolved: EventType, name: str) -> list[JsonObject]:
    found: dict[str, JsonObject] = {}
    for event in events:
        key = event.data.get(name)
        if not isinstance(key, str):
            continue
        if event.type == asked:
            found[key] = event.data
        elif event.type == resolved:
            found.pop(key, None)
    return list(found.values())
