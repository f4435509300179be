"""Some lines of a file of any size, in one pass and little memory."""

import codecs
from dataclasses import dataclass, field
from typing import BinaryIO

from dispatch_ls.tools.reading import BOM, Digest

CHUNK = 1024 * 1024

COUNTED = 256 * 1024 * 1024
"""Bytes up to which the rest of a file is read just to count its lines and to know it again."""


@dataclass(frozen=True, slots=True)
class Line:
    """The start of one line without its end; `size` is the whole line in bytes."""

    number: int
    start: bytes
    size: int

    @property
    def whole(self) -> bool:
        """Whether nothing of it is missing."""
        return len(self.start) == self.size

    @property
    def text(self) -> str:
        """What is there of it; bytes that are not UTF-8 are shown by their numbers."""
        return decode(self.start, final=self.whole)


@dataclass(slots=True)
class Excerpt:
    """Lines of a window and what the whole file is like; `digest` is None where the file was not read to its end."""

    lines: list[Line] = field(default_factory=list)
    total: int = 0
    size: int = 0
    bom: bool = False
    crlf: int = 0
    final_newline: bool = True
    binary: bool = False
    digest: str | None = None


def decode(data: bytes, *, final: bool) -> str:
    """Text for a model; a character that is cut at the end is left out unless the data is `final`."""
    return codecs.getincrementaldecoder("utf-8")("backslashreplace").decode(data, final)


def excerpt(file: BinaryIO, first: int, last: int, *, width: int, budget: int) -> Excerpt:
    """Lines `first` to `last` (from 1), each at most `width` bytes, together at most about `budget`."""
    return _Scan(first, last, width, budget).run(file)


class _Scan:
    """The state between two chunks: the line that is being read."""

    def __init__(self, first: int, last: int, width: int, budget: int) -> None:
        self._first = first
        self._last = last
        self._width = width
        self._budget = budget
        self._number = 1
        self._start = bytearray()
        self._size = 0
        self._ends_in_cr = False
        self._found = Excerpt()

    def run(self, file: BinaryIO) -> Excerpt:
        """Read chunk after chunk."""
        digest = Digest()
        found = self._found
        while chunk := file.read(CHUNK):
            if found.size == 0:
                found.bom = chunk.startswith(BOM)
                found.binary = b"\0" in chunk[:8192]
            if found.binary:
                return found
            found.size += len(chunk)
            digest.update(chunk)
            self._count_crlf(chunk)
            self._take(chunk.removeprefix(BOM) if found.size == len(chunk) else chunk)
            if found.size > COUNTED and self._number > self._last:
                return found
        self._finish()
        found.digest = digest.value()
        return found

    def _count_crlf(self, chunk: bytes) -> None:
        self._found.crlf += chunk.count(b"\r\n") + (self._ends_in_cr and chunk.startswith(b"\n"))
        self._ends_in_cr = chunk.endswith(b"\r")

    def _take(self, chunk: bytes) -> None:
        breaks = chunk.count(b"\n")
        self._found.total += breaks
        if self._number > self._last or self._number + breaks < self._first:
            self._skip(chunk, breaks)
            return
        *ended, rest = chunk.split(b"\n")
        for piece in ended:
            self._grow(piece)
            self._end_line(b"\r")
        self._grow(rest)

    def _skip(self, chunk: bytes, breaks: int) -> None:
        """Nothing of the chunk is wanted, but where its last line starts."""
        self._number += breaks
        self._size = len(chunk) - chunk.rfind(b"\n") - 1 if breaks else self._size + len(chunk)

    def _grow(self, piece: bytes) -> None:
        self._size += len(piece)
        if self._first <= self._number <= self._last:
            self._start += piece[: self._width + 1 - len(self._start)]  # one more: it may be the \r of the line end

    def _end_line(self, before_newline: bytes = b"") -> None:
        if self._first <= self._number <= self._last:
            self._keep(before_newline)
        self._number += 1
        self._start.clear()
        self._size = 0

    def _keep(self, before_newline: bytes) -> None:
        start = bytes(self._start)
        if len(start) == self._size:
            start = start.removesuffix(before_newline)
            self._size = len(start)
        start = start[: self._width]
        self._budget -= len(start) + 8
        if self._budget < 0 and self._found.lines:
            self._last = self._number - 1  # full: the rest is for the next call
        else:
            self._found.lines.append(Line(self._number, start, self._size))

    def _finish(self) -> None:
        """The last line, if it does not end in a line end."""
        self._found.final_newline = self._size == 0
        if self._size:
            self._found.total += 1
            self._end_line()
