"""The events that agents write, each made in one place."""

from datetime import datetime

from dispatch_ls.protocol.base import JsonObject
from dispatch_ls.protocol.events import Draft, EventType, TurnEnded, TurnStarted, UsageRecorded
from dispatch_ls.protocol.items import MessageItem, NoticeItem
from dispatch_ls.protocol.sessions import Effort, State, WaitingOn


def state(now: State, *, on: WaitingOn | None = None, until: datetime | None = None) -> Draft:
    """The session's state; a state that waits for nothing clears `on` and `until`."""
    return Draft(
        type=EventType.SESSION_UPDATED,
        data={"state": now, "on": on, "until": until.isoformat() if until else None},
    )


def header(
    *,
    title: str | None = None,
    model: str | None = None,
    key: str | None = None,
    effort: Effort | None = None,
    agent: str | None = None,
) -> Draft:
    """The fields of the session's header that were given; the others stay."""
    changed: JsonObject = {"title": title, "model": model, "key": key, "effort": effort, "agent": agent}
    return Draft(
        type=EventType.SESSION_UPDATED, data={name: value for name, value in changed.items() if value is not None}
    )


def turn_started(turn_id: str, message_ids: list[str], model: str | None) -> Draft:
    """A turn begins."""
    return Draft(
        type=EventType.TURN_STARTED, turn_id=turn_id, data=TurnStarted(message_ids=message_ids, model=model).wire()
    )


def turn_ended(turn_id: str, ended: TurnEnded) -> Draft:
    """A turn is over."""
    return Draft(type=EventType.TURN_ENDED, turn_id=turn_id, data=ended.wire())


def message(turn_id: str, item_id: str, step: int, item: MessageItem, replay: JsonObject | None = None) -> Draft:
    """A whole message; `replay` is what the provider needs to see again, byte for byte."""
    data: JsonObject = {**item.wire(), "step": step}
    if replay is not None:
        data["replay"] = replay
    return Draft(type=EventType.ITEM_COMPLETED, turn_id=turn_id, item_id=item_id, data=data)


def notice(turn_id: str | None, item_id: str, item: NoticeItem) -> Draft:
    """Something Dispatch has to say in the thread."""
    return Draft(type=EventType.ITEM_COMPLETED, turn_id=turn_id, item_id=item_id, data=item.wire())


def updated(turn_id: str, item_id: str, data: JsonObject) -> Draft:
    """Fields of an item that changed."""
    return Draft(type=EventType.ITEM_UPDATED, turn_id=turn_id, item_id=item_id, data=data)


def completed(turn_id: str, item_id: str, data: JsonObject) -> Draft:
    """The whole item, as it stays."""
    return Draft(type=EventType.ITEM_COMPLETED, turn_id=turn_id, item_id=item_id, data=data)


def usage(turn_id: str, recorded: UsageRecorded) -> Draft:
    """What one request used."""
    return Draft(type=EventType.USAGE_RECORDED, turn_id=turn_id, data=recorded.wire())
