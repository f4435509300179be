"""A text that streams: every delta is told at once, and reaches the log at least once a second."""

import asyncio
import sys

from dispatch_ls.agents.journal import Field, Journal
from dispatch_ls.protocol.base import JsonObject
from dispatch_ls.protocol.events import Draft, EventType
from dispatch_ls.protocol.methods import InFlight

LOG_EVERY = 1.0
"""Seconds (shared protocol: "Text that streams is written to the log at least once a second")."""


def utf16_length(text: str) -> int:
    """How many UTF-16 units the text takes; offsets on the wire count these."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


MOST = 256 * 1024
"""Characters of one text that stream; what a command prints beyond is in its result, cut and kept whole (TOOL-8)."""


class Streamed:
    """One growing field of one item, until `stop`; `first` are the fields of an item that is not logged yet."""

    def __init__(
        self,
        journal: Journal,
        turn_id: str,
        item_id: str,
        field: Field,
        *,
        first: JsonObject | None = None,
        most: int | None = None,
    ) -> None:
        self._journal = journal
        self._turn_id = turn_id
        self.item_id = item_id
        self._field = field
        self._item_field = "text" if field == "thought" else field
        self._pieces: list[str] = []
        self._offset = 0
        self._most = most if most is not None else sys.maxsize
        self._unlogged: list[str] = []
        self._timer: asyncio.TimerHandle | None = None
        if first is not None:
            # the item must be known before its first delta (shared protocol, "Promises")
            journal.log(Draft(type=EventType.ITEM_UPDATED, turn_id=turn_id, item_id=item_id, data=first))

    @property
    def text(self) -> str:
        """All that came so far."""
        return "".join(self._pieces)

    def add(self, text: str) -> None:
        """Take the next piece."""
        if not text or self._offset >= self._most:
            return
        self._pieces.append(text)
        self._unlogged.append(text)
        self._journal.delta(self.item_id, self._field, self._offset, text)
        self._offset += utf16_length(text)
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(LOG_EVERY, self.flush)

    def flush(self) -> None:
        """Log what has not been logged yet."""
        self._cancel_timer()
        if self._unlogged:
            data: JsonObject = {"append": {self._item_field: "".join(self._unlogged)}}
            self._unlogged.clear()
            self._journal.log(
                Draft(type=EventType.ITEM_UPDATED, turn_id=self._turn_id, item_id=self.item_id, data=data)
            )

    def in_flight(self) -> InFlight:
        """Up to where the text has been told."""
        return InFlight(item_id=self.item_id, field=self._field, offset=self._offset)

    def stop(self) -> str:
        """The whole text; the item's completion, logged by the caller, makes it durable."""
        self._cancel_timer()
        self._unlogged.clear()
        return self.text

    def _cancel_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
