"""Changes on disk that servers have to hear of (`workspace/didChangeWatchedFiles`), whoever made them."""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Literal

from pydantic import JsonValue

Kind = Literal[1, 2, 3]
CREATED: Kind = 1
CHANGED: Kind = 2
DELETED: Kind = 3
Stamp = tuple[int, int, int]
"""Time of change (ns), size and inode of a file."""
Snapshot = dict[Path, Stamp]

_SKIPPED = {"node_modules", "__pycache__", "venv", "site-packages", "dist", "build", "target"}
_LIMIT = 50_000


def snapshot(workspace: Path, suffixes: set[str]) -> Snapshot:
    """The files with these endings, hidden and generated directories left out; blocking."""
    found: Snapshot = {}
    folders = [str(workspace)]
    while folders and len(found) < _LIMIT:
        for entry in _entries(folders.pop()):
            if entry.is_dir(follow_symlinks=False):
                if not entry.name.startswith(".") and entry.name not in _SKIPPED:
                    folders.append(entry.path)
            elif Path(entry.name).suffix.lower() in suffixes and (stamp := _stamp(entry)):
                found[Path(entry.path)] = stamp
    return found


def stamp_of(path: Path) -> Stamp | None:
    """The stamp of one file, None if it does not exist; blocking."""
    try:
        status = path.stat()
    except OSError:
        return None
    return (status.st_mtime_ns, status.st_size, status.st_ino)


def difference(old: Mapping[Path, object], new: Mapping[Path, object]) -> list[tuple[Path, Kind]]:
    """What has to be told to go from `old` to `new`."""
    created: list[tuple[Path, Kind]] = [(path, CREATED) for path in new if path not in old]
    changed: list[tuple[Path, Kind]] = [(path, CHANGED) for path in new if path in old and old[path] != new[path]]
    deleted: list[tuple[Path, Kind]] = [(path, DELETED) for path in old if path not in new]
    return created + changed + deleted


def events(changes: Iterable[tuple[Path, Kind]]) -> list[JsonValue]:
    """`FileEvent`s."""
    return [{"uri": path.as_uri(), "type": kind} for path, kind in changes]


def _entries(folder: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except OSError:
        return []


def _stamp(entry: os.DirEntry[str]) -> Stamp | None:
    try:
        status = entry.stat(follow_symlinks=False)
    except OSError:
        return None
    return (status.st_mtime_ns, status.st_size, status.st_ino)
