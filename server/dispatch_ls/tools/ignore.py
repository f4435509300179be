"""What git would not list: the `.gitignore` files of a directory and of those above it."""

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass

from pathspec import GitIgnoreSpec
from pathspec.patterns.gitignore.spec import GitIgnoreSpecPattern

from dispatch_ls.tools.beneath import DIRECTORY, open_beneath

_LARGEST = 256 * 1024

_STARS = 3
"""Stars in one component of a rule: each more multiplies the time of a match, without end in a hostile rule."""


@dataclass(frozen=True, slots=True)
class _Level:
    """The rules of one file, and how many components its directory's path has."""

    depth: int
    spec: GitIgnoreSpec


@dataclass(frozen=True, slots=True)
class Ignores:
    """The rules that hold in one directory, the nearest last."""

    levels: tuple[_Level, ...] = ()

    def entering(self, directory: Sequence[str], handle: int) -> "Ignores":
        """The rules that hold inside a directory of which there is a handle."""
        rules = [_read(handle, ".gitignore")]
        if not directory:
            rules.insert(0, _read(handle, ".git", "info", "exclude"))
        added = tuple(_Level(len(directory), spec) for spec in rules if spec is not None)
        return Ignores(self.levels + added) if added else self

    def ignores(self, path: Sequence[str], *, directory: bool) -> bool:
        """Whether the entry is ignored; what is in an ignored directory need not be asked about."""
        for level in reversed(self.levels):
            name = "/".join(path[level.depth :]) + ("/" if directory else "")
            verdict = level.spec.check_file(name).include
            if verdict is not None:
                return verdict
        return False


def above(root: int, directory: Sequence[str]) -> Ignores:
    """The rules that a directory beneath the handle inherits from those above it."""
    rules = Ignores()
    for depth in range(len(directory)):
        handle = open_beneath(root, directory[:depth], DIRECTORY)
        try:
            rules = rules.entering(directory[:depth], handle)
        finally:
            os.close(handle)
        if rules.ignores(directory[: depth + 1], directory=True):
            rules = Ignores()  # who asks for an ignored directory wants to see what is in it
    return rules


def _read(handle: int, *parts: str) -> GitIgnoreSpec | None:
    try:
        file = open_beneath(handle, parts, os.O_RDONLY | os.O_NONBLOCK)
    except OSError:
        return None
    with os.fdopen(file, "rb") as stream:
        try:
            text = stream.read(_LARGEST).decode("utf-8", "surrogateescape")
        except OSError:
            return None  # a directory or a FIFO by that name
    return _spec(text.split("\n"))


def _spec(lines: Sequence[str]) -> GitIgnoreSpec:
    """The rules that make sense; git skips the others, too."""
    return GitIgnoreSpec([pattern for line in lines for pattern in _patterns(line)])


def _patterns(line: str) -> list[GitIgnoreSpecPattern]:
    if any(part.count("*") > _STARS for part in line.split("/")):
        return []
    try:
        return [GitIgnoreSpecPattern(line)]
    except (ValueError, re.error):
        return []
