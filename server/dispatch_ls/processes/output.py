"""A command's output within fixed memory: its head, its tail, and all of it in a file where it is longer than both."""

import os
from pathlib import Path

SPILL_LIMIT = 256 * 1024 * 1024
"""Bytes kept in the file at most, so that a command that writes for ever does not fill the disk."""


class Output:
    """What a command has written so far; `head` and `tail` are limits in bytes."""

    def __init__(self, head: int, tail: int, spill: Path | None, spill_limit: int = SPILL_LIMIT) -> None:
        self.size = 0
        self._head_limit = head
        self._tail_limit = tail
        self._head = bytearray()
        self._tail = bytearray()
        self._spill = spill
        self._spill_limit = spill_limit
        self._file: int | None = None

    @property
    def head(self) -> bytes:
        """The first bytes."""
        return bytes(self._head)

    @property
    def tail(self) -> bytes:
        """The last bytes that are not in `head`."""
        return bytes(self._tail)

    @property
    def spilled(self) -> Path | None:
        """The file, if head and tail are not all of it."""
        return self._spill if self._file is not None else None

    def add(self, chunk: bytes) -> None:
        """Takes the next bytes; blocking where a file is written."""
        self.size += len(chunk)
        if self._spill and self.size > self._head_limit + self._tail_limit:
            self._keep(chunk)
        room = self._head_limit - len(self._head)
        self._head += chunk[:room]
        self._tail += chunk[room:]
        del self._tail[: max(len(self._tail) - self._tail_limit, 0)]

    def close(self) -> None:
        """Closes the file."""
        if self._file is not None:
            os.close(self._file)

    def _keep(self, chunk: bytes) -> None:
        """A full disk costs the file, not the command."""
        try:
            self._write(chunk)
        except OSError:
            self.close()
            self._file = self._spill = None

    def _write(self, chunk: bytes) -> None:
        """Nothing had been dropped when the file is made, so it starts with all that is held."""
        if self._file is None:
            flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_NOFOLLOW", 0)
            self._file = os.open(str(self._spill), flags, 0o600)
            chunk = self.head + self.tail + chunk
        room = self._spill_limit - os.fstat(self._file).st_size
        with memoryview(chunk)[: max(room, 0)] as rest:
            written = 0
            while written < len(rest):
                written += os.write(self._file, rest[written:])
