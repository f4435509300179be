"""Walking a directory tree by handles: no symbolic link is followed, and it ends whatever the tree is like."""

import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

from dispatch_ls.tools.glob import Glob
from dispatch_ls.tools.ignore import Ignores

VISITED = 200_000
"""Entries that are looked at."""

DEEPEST = 100

SECONDS = 10.0
"""How long a walk may take."""


@dataclass(slots=True)
class Listing:
    """Names that matched, in order; a directory ends in `/`, a symbolic link in `@`."""

    names: list[str] = field(default_factory=list)
    truncated: bool = False


class Walk:
    """One walk; `limit` is how many names it collects."""

    def __init__(self, glob: Glob, limit: int, visited: int = VISITED) -> None:
        self._glob = glob
        self._limit = limit
        self._left = visited
        self._deadline = time.monotonic() + SECONDS
        self._listing = Listing()

    def run(self, handle: int, base: Sequence[str], ignores: Ignores) -> Listing:
        """List what is in the directory of the handle; `base` is where it lies in the workspace."""
        self._enter(handle, tuple(base), (), ignores)
        return self._listing

    def _enter(self, handle: int, base: tuple[str, ...], path: tuple[str, ...], ignores: Ignores) -> None:
        rules = ignores.entering((*base, *path), handle)
        for entry in self._entries(handle):
            self._listing.truncated |= time.monotonic() > self._deadline
            here = (*path, entry.name)
            is_directory = entry.is_dir(follow_symlinks=False)
            if entry.name == ".git" or rules.ignores((*base, *here), directory=is_directory):
                continue
            if self._glob.matches(here) and not self._add(here, entry):
                return
            if is_directory and len(here) < DEEPEST and self._glob.may_match_below(here):
                self._descend(handle, base, here, rules)
            if self._listing.truncated:
                return

    def _descend(self, handle: int, base: tuple[str, ...], path: tuple[str, ...], rules: Ignores) -> None:
        try:
            child = os.open(path[-1], os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=handle)
        except OSError:
            return  # gone, forbidden, or a link by now
        try:
            self._enter(child, base, path, rules)
        finally:
            os.close(child)

    def _entries(self, handle: int) -> Iterator["os.DirEntry[str]"]:
        with os.scandir(handle) as entries:
            found = sorted(islice(entries, self._left + 1), key=lambda entry: entry.name)
        self._listing.truncated |= len(found) > self._left
        found = found[: self._left]
        self._left -= len(found)
        return iter(found)

    def _add(self, path: tuple[str, ...], entry: "os.DirEntry[str]") -> bool:
        if len(self._listing.names) >= self._limit:
            self._listing.truncated = True
            return False
        mark = "/" if entry.is_dir(follow_symlinks=False) else "@" if entry.is_symlink() else ""
        self._listing.names.append("/".join(path) + mark)
        return True
