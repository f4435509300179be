"""The base protocol of LSP: bytes to message bodies, tolerant where that is safe, exact where it is not (PR-02)."""

from collections.abc import Iterator

MAX_BODY = 64 * 1024 * 1024
"""Bytes; a longer message is no message of an editor."""

MAX_HEADER = 8 * 1024
"""Bytes; headers longer than this are not headers."""


_BLANK = (b"\r\n\r\n", b"\n\n", b"\n\r\n")


class FramingError(Exception):
    """Where the next message begins can no longer be told; the text is for the log."""


class Framing:
    """Cuts a stream, fed in pieces of any size, into the bodies of its messages."""

    def __init__(self, max_body: int = MAX_BODY) -> None:
        self._buffer = bytearray()
        self._max_body = max_body
        self._length: int | None = None

    @property
    def inside(self) -> bool:
        """Whether the stream would end in the middle of a message."""
        return bool(self._buffer) or self._length is not None

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The bodies that are complete with this piece; raises `FramingError`, after which nothing can be read."""
        self._buffer += data
        while (body := self._next()) is not None:
            yield body

    def _next(self) -> bytes | None:
        if self._length is None:
            self._length = self._header()
        if self._length is None or len(self._buffer) < self._length:
            return None
        body = bytes(self._buffer[: self._length])
        del self._buffer[: self._length]
        self._length = None
        return body

    def _header(self) -> int | None:
        """The length of the next body, None while its header is incomplete; line ends may be CRLF or LF."""
        while self._buffer.startswith((b"\r", b"\n")):
            del self._buffer[:1]
        ends = [(at, len(mark)) for mark in _BLANK if (at := self._buffer.find(mark, 0, MAX_HEADER)) >= 0]
        if not ends:
            if len(self._buffer) > MAX_HEADER:
                raise FramingError(f"no end of header within {MAX_HEADER} bytes")
            return None
        at, size = min(ends)
        lines = bytes(self._buffer[:at]).splitlines()
        del self._buffer[: at + size]
        return self._content_length(lines)

    def _content_length(self, lines: list[bytes]) -> int:
        for line in lines:
            name, colon, value = line.partition(b":")
            if not colon:
                raise FramingError(f"not a header line: {line[:80]!r}")
            if name.strip().lower() == b"content-length":
                return self._checked(value.strip())
        raise FramingError("a header without Content-Length")

    def _checked(self, value: bytes) -> int:
        if not value.isdigit() or len(value) > 12:
            raise FramingError(f"Content-Length is no number: {value[:80]!r}")
        if int(value) > self._max_body:
            raise FramingError(f"a message of {int(value)} bytes is over the limit of {self._max_body}")
        return int(value)


def frame(body: bytes) -> bytes:
    """A message as it goes over the wire."""
    return b"Content-Length: %d\r\n\r\n%s" % (len(body), body)
