"""Events and headers as rows of the database and back."""

import json
from datetime import UTC, datetime

from pydantic_core import PydanticSerializationError, to_json

from dispatch_ls.protocol.base import JsonObject
from dispatch_ls.protocol.events import Event
from dispatch_ls.protocol.sessions import Session

EVENT_COLUMNS = "seq, time, type, turn_id, item_id, data"

EventRow = tuple[int, str, str, str | None, str | None, str]
"""The columns of `EVENT_COLUMNS`."""


def time_text(time: datetime) -> str:
    """RFC 3339 in UTC and of one width, so that texts sort as times do."""
    return time.astimezone(UTC).isoformat(timespec="microseconds")


def event_row(event: Event) -> EventRow:
    """The row of an event."""
    return event.seq, time_text(event.time), event.type, event.turn_id, event.item_id, _encode(event.data)


def event_of(row: EventRow) -> Event:
    """The event of a row; not validated again, since it was when it was logged."""
    seq, time, kind, turn_id, item_id, data = row
    return Event.model_construct(
        seq=seq,
        time=datetime.fromisoformat(time),
        type=kind,
        turn_id=turn_id,
        item_id=item_id,
        data=json.loads(data),
    )


def storable(data: JsonObject) -> JsonObject:
    """The data itself, or a copy without half characters (lone surrogates), which no JSON text can carry."""
    try:
        to_json(data)
    except PydanticSerializationError:
        whole: JsonObject = json.loads(json.dumps(data, ensure_ascii=False).encode("utf-8", "replace"))
        return whole
    return data


def header_text(session: Session) -> str:
    """The stored form of a header."""
    return session.model_dump_json(by_alias=True, exclude_none=True)


def header_of(text: str) -> Session:
    """A header from its stored form."""
    return Session.model_validate_json(text)


def folded(text: str) -> str:
    """The form in which texts are compared when searching."""
    return text.casefold()


def _encode(data: JsonObject) -> str:
    return to_json(data, inf_nan_mode="null").decode()
