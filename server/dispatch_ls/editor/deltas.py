"""Gathers streamed text: the first piece at once, then at most every 33 ms or 16 KiB for each item."""

import asyncio
from collections.abc import Callable

from dispatch_ls.editor.texts import utf16_length
from dispatch_ls.protocol.events import Delta

EVERY = 0.033
"""Seconds: two frames of a screen."""
MAX_CHARACTERS = 16 * 1024

_Key = tuple[str, str, str]


class Deltas:
    """`send` gets what is to go out; the order of one session's pieces is kept."""

    def __init__(self, send: Callable[[Delta], None]) -> None:
        self._send = send
        self._waiting: dict[_Key, _Pieces | None] = {}
        self._timer: asyncio.TimerHandle | None = None

    def add(self, delta: Delta) -> None:
        """Send or gather one piece."""
        key = (delta.session_id, delta.item_id, delta.field)
        pieces = self._waiting.get(key)
        if key not in self._waiting:
            self._waiting[key] = None
            self._send(delta)
            self._tick_later()
        elif pieces is None or not pieces.continued_by(delta):
            self._flush(key)
            self._waiting[key] = _Pieces(delta)
        else:
            pieces.add(delta.text)
            if pieces.characters >= MAX_CHARACTERS:
                self._flush(key)

    def flush(self, session_id: str) -> None:
        """Send what waits of a session: an event is about to follow."""
        for key in [key for key, pieces in self._waiting.items() if pieces and key[0] == session_id]:
            self._flush(key)

    def forget(self, session_id: str) -> None:
        """Nobody reads that session any more."""
        for key in [key for key in self._waiting if key[0] == session_id]:
            del self._waiting[key]

    def close(self) -> None:
        """Send nothing any more."""
        if self._timer:
            self._timer.cancel()
        self._waiting.clear()

    def _flush(self, key: _Key) -> None:
        pieces = self._waiting[key]
        self._waiting[key] = None
        if pieces:
            self._send(pieces.joined())

    def _tick_later(self) -> None:
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(EVERY, self._tick)

    def _tick(self) -> None:
        self._timer = None
        for key in list(self._waiting):
            if self._waiting[key]:
                self._flush(key)
            else:
                # nothing came for a while: the next piece goes out at once
                del self._waiting[key]
        if self._waiting:
            self._tick_later()


class _Pieces:
    """Adjoining pieces of one field."""

    def __init__(self, first: Delta) -> None:
        self._first = first
        self._texts = [first.text]
        self.characters = len(first.text)
        self._end = first.offset + utf16_length(first.text)

    def continued_by(self, delta: Delta) -> bool:
        return delta.offset == self._end

    def add(self, text: str) -> None:
        self._texts.append(text)
        self.characters += len(text)
        self._end += utf16_length(text)

    def joined(self) -> Delta:
        return self._first.model_copy(update={"text": "".join(self._texts)})
