"""A text that streams: every delta is told at once, and reaches the log at least once a second."""

import asyncio
import sys

from dispatch_ls.agents.journal import Field, Journal
from dispatch_ls.protocol.base import JsonObject
from dispatch_ls.protocol.events import Draft, Event, EventType
from dispatch_ls.protocol.methods import InFlight

LOG_EVERY = 0.2
"""Seconds; the protocol promises once a second, and what a crash takes should be less than a reader notices."""


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
        self._left = most if most is not None else sys.maxsize
        self._untold: list[str] = []
        self._offset = 0
        self._telling: asyncio.Handle | None = None
        self._unlogged: list[str] = []
        self._timer: asyncio.TimerHandle | None = None
        self._known = first is None
        if first is not None:
            logged = journal.log(Draft(type=EventType.ITEM_UPDATED, turn_id=turn_id, item_id=item_id, data=first))
            # editors know of the item before its first delta (shared protocol, "Promises")
            logged.add_done_callback(self._became_known)

    @property
    def text(self) -> str:
        """All that came so far."""
        return "".join(self._pieces)

    def add(self, text: str) -> None:
        """Take the next piece; those that arrive together are told together."""
        if not text or self._left <= 0:
            return
        self._left -= len(text)
        self._pieces.append(text)
        self._unlogged.append(text)
        self._untold.append(text)
        if self._telling is None:
            self._telling = asyncio.get_running_loop().call_soon(self._tell)
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(LOG_EVERY, self.flush)

    def flush(self) -> None:
        """Tell and log what has not been told and logged yet."""
        self._tell()
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
        self._tell()
        self._untold.clear()  # an item that became known only now is over: its text comes whole
        self._cancel_timer()
        self._unlogged.clear()
        return self.text

    def _became_known(self, logged: "asyncio.Future[list[Event]]") -> None:
        if not logged.cancelled() and logged.exception() is None:
            self._known = True
            self._tell()  # nothing, where it has stopped already

    def _tell(self) -> None:
        if self._telling is not None:
            self._telling.cancel()
            self._telling = None
        if self._known and self._untold:
            text = "".join(self._untold)
            self._untold.clear()
            self._journal.delta(self.item_id, self._field, self._offset, text)
            self._offset += utf16_length(text)

    def _cancel_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
