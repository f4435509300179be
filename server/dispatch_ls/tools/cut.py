"""Results that are too long for a model: cut in the middle, and kept whole where the agent can read them (TOOL-8)."""

import asyncio
import os
import shutil
from pathlib import Path

LIMIT = 24_000
"""Characters of one result that a model is given."""

ROOM = 512 * 2**20
"""Bytes of results that one session keeps."""

_SLACK = 400
"""How far from the wanted place a cut may move to fall between two lines."""


def cut_middle(text: str, limit: int, hint: str) -> str:
    """The head and the tail of the text with a line between them that says how much is missing; `hint` says where."""
    if len(text) <= limit:
        return text
    half = limit // 2
    head, tail = to_line_end(text[:half]), from_line_start(text[-half:])
    missing = len(text) - len(head) - len(tail)
    return f"{head}\n[… {missing:,} of {len(text):,} characters left out{hint} …]\n{tail}"


def to_line_end(head: str) -> str:
    """The head without the beginning of its last line, unless that is long."""
    at = head.rfind("\n", max(len(head) - _SLACK, 0))
    return head if at < 0 else head[:at]


def from_line_start(tail: str) -> str:
    """The tail without the end of its first line, unless that is long."""
    at = tail.find("\n", 0, _SLACK)
    return tail if at < 0 else tail[at + 1 :]


class Spill:
    """Where one session keeps results whole; its agent may read there, and it goes with the session.

    Beyond `room` bytes the oldest results go.
    """

    def __init__(self, directory: Path, room: int = ROOM) -> None:
        self._room = room
        self.directory = Path(os.path.realpath(directory))

    def path(self, item_id: str) -> Path:
        """The file for the result of one call; its directory exists afterwards."""
        self.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._make_room()
        return self.directory / f"{item_id}.txt"

    async def put(self, item_id: str, text: str) -> Path:
        """Keep a result whole."""
        return await asyncio.to_thread(self._put, item_id, text)

    async def clear(self) -> None:
        """Forget all results."""
        await asyncio.to_thread(shutil.rmtree, self.directory, ignore_errors=True)

    def _make_room(self) -> None:
        kept = sorted(self.directory.iterdir(), key=lambda path: path.stat().st_mtime_ns, reverse=True)
        size = 0
        for path in kept:
            size += path.stat().st_size
            if size > self._room:
                path.unlink()

    def _put(self, item_id: str, text: str) -> Path:
        path = self.path(item_id)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(text.encode("utf-8", "replace"))
        return path
