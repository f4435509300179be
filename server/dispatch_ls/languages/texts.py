"""The text of each file as it stands: what the editor holds, what an agent wrote, else the disk; the newest counts."""

import os
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from dispatch_ls.languages.positions import path_of

SIZE_LIMIT = 2_000_000
"""Bytes; larger files are not given to language servers."""
_MOST_BUFFERS = 32
"""Open files of the editor that servers are given unasked."""

_BOM = "\ufeff"
_CLOCK_STEP = 50_000_000
"""Nanoseconds within which a second write may leave the same time stamp."""


class TooLarge(Exception):
    """The file is larger than what language servers are given."""


@dataclass(frozen=True)
class _Buffer:
    uri: str
    text: str


@dataclass(frozen=True)
class _Stamp:
    modified: int
    size: int
    inode: int
    read: int

    @property
    def certain(self) -> bool:
        """Whether a later write is sure to have changed the stamp."""
        return self.read - self.modified > _CLOCK_STEP


class Texts:
    """Kept for all servers together. A byte-order mark is no part of a text, as in every editor; line ends are."""

    def __init__(self) -> None:
        self._buffers: dict[Path, _Buffer] = {}
        self._stamps: dict[Path, _Stamp] = {}
        self._changes: dict[Path, int] = {}

    def opened(self, uri: str, text: str) -> Path | None:
        """The editor holds this text, saved or not; returns the path under which it is kept."""
        path = path_of(uri)
        if path:
            self._buffers[path] = _Buffer(uri, text.removeprefix(_BOM))
            self._count(path)
        return path

    def closed(self, uri: str) -> Path | None:
        """The disk is the truth again."""
        path = path_of(uri)
        if path:
            self._buffers.pop(path, None)
            self._count(path)
        return path

    def wrote(self, path: Path, text: str | None) -> None:
        """An agent wrote, or removed, the file."""
        buffer = self._buffers.get(path)
        if buffer and text is not None:
            self._buffers[path] = _Buffer(buffer.uri, text.removeprefix(_BOM))
        self._stamps.pop(path, None)
        self._count(path)

    def buffer(self, path: Path) -> str | None:
        """The editor's text, if it has the file open."""
        buffer = self._buffers.get(path)
        return buffer.text if buffer else None

    def buffers(self) -> list[tuple[Path, str]]:
        """What the editor holds, within the limits of size and number; the files opened last count."""
        held = [(path, buffer.text) for path, buffer in self._buffers.items() if len(buffer.text) <= SIZE_LIMIT]
        return held[-_MOST_BUFFERS:]

    def uri_of(self, path: Path) -> str:
        """The name by which the editor knows the file."""
        buffer = self._buffers.get(path)
        return buffer.uri if buffer else path.as_uri()

    def changes(self, path: Path) -> int:
        """A number that grows with every change told here."""
        return self._changes.get(path, 0)

    def read(self, path: Path) -> str | None:
        """The newest text, None if there is no such file; blocking. Raises TooLarge."""
        if buffer := self._buffers.get(path):
            return _limited(buffer.text)
        try:
            with path.open("rb") as file:
                self._stamps[path] = _stamp(os.fstat(file.fileno()))
                data = file.read(SIZE_LIMIT + 1)
        except (OSError, ValueError):
            self._stamps.pop(path, None)
            return None
        return _limited(data.decode("utf-8", "replace").removeprefix(_BOM))

    def stale(self, paths: Iterable[Path]) -> list[Path]:
        """Those whose text on disk may have changed since `read`, none that the editor holds; blocking."""
        return [path for path in paths if path not in self._buffers and self._may_have_changed(path)]

    def _may_have_changed(self, path: Path) -> bool:
        known = self._stamps.get(path)
        try:
            now = _stamp(path.stat())
        except OSError:
            return True
        same = known and (now.modified, now.size, now.inode) == (known.modified, known.size, known.inode)
        return not (same and known and known.certain)

    def _count(self, path: Path) -> None:
        self._changes[path] = self.changes(path) + 1


def _stamp(status: os.stat_result) -> _Stamp:
    return _Stamp(status.st_mtime_ns, status.st_size, status.st_ino, time.time_ns())


def _limited(text: str) -> str:
    if len(text) > SIZE_LIMIT:
        raise TooLarge
    return text
