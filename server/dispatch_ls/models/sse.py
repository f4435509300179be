"""Server-sent events from bytes that are cut anywhere.

Our own because a line must have an end (a provider gone mad must not fill the memory), and because an event stream is
UTF-8 whatever the response's charset says.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

LINE_LIMIT = 10 * 1024 * 1024
"""Bytes of one line, and of one event's data (facts: PV-04)."""

_BOM = b"\xef\xbb\xbf"
_LINE_END = re.compile(rb"\r\n|\n|\r")


class LineTooLong(Exception):
    """A line, or the data of an event, is longer than the limit."""


@dataclass(frozen=True, slots=True)
class ServerEvent:
    """One event; `name` is empty where the server named none."""

    name: str
    data: bytes


class EventDecoder:
    """Feed it the bytes as they come. Comments are no events; an event without its blank line was cut off."""

    def __init__(self, limit: int = LINE_LIMIT) -> None:
        self._limit = limit
        self._pending: list[bytes] = []
        self._pending_size = 0
        self._after_return = False
        self._first = True
        self._name = b""
        self._data: list[bytes] = []
        self._data_size = 0

    def feed(self, chunk: bytes) -> Iterator[ServerEvent]:
        """The events that these bytes complete. Raises `LineTooLong`."""
        for line in self._lines(chunk):
            if line:
                self._field(line)
            elif (event := self._dispatch()) is not None:
                yield event

    def _lines(self, chunk: bytes) -> Iterator[bytes]:
        if self._after_return and chunk.startswith(b"\n"):
            chunk = chunk[1:]  # the second half of a line end that was cut in two
        if not chunk:
            return
        self._after_return = chunk.endswith(b"\r")
        *lines, rest = _LINE_END.split(chunk) if b"\r" in chunk else chunk.split(b"\n")
        for line in lines:
            yield self._whole(line)
        if rest:
            self._keep(rest)

    def _whole(self, end: bytes) -> bytes:
        if self._pending:
            self._keep(end)
            end = b"".join(self._pending)
            self._pending.clear()
            self._pending_size = 0
        if self._first:
            self._first = False
            end = end.removeprefix(_BOM)
        return end

    def _keep(self, piece: bytes) -> None:
        self._pending_size += len(piece)
        if self._pending_size > self._limit:
            raise LineTooLong
        self._pending.append(piece)

    def _field(self, line: bytes) -> None:
        name, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if name == b"data":
            self._data_size += len(value)
            if self._data_size > self._limit:
                raise LineTooLong
            self._data.append(value)
        elif name == b"event":
            self._name = value

    def _dispatch(self) -> ServerEvent | None:
        data, name = self._data, self._name
        self._data, self._name, self._data_size = [], b"", 0
        if not data:
            return None
        return ServerEvent(name.decode("utf-8", "replace"), data[0] if len(data) == 1 else b"\n".join(data))
