"""What git would not list: the `.gitignore` files of a directory and of those above it.

Rules are matched entry by entry on the way down, as git does it: a rule means the entry itself, and what is in an
ignored directory is never asked about.
"""

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass

from dispatch_ls.tools.beneath import DIRECTORY, open_beneath
from dispatch_ls.tools.glob import components_match

_LARGEST = 256 * 1024
_BOM = "\ufeff"
_TRAILING_BLANKS = re.compile(r"(?<!\\) +$")
_ESCAPED = re.compile(r"\\(.)")


@dataclass(frozen=True, slots=True)
class _Rule:
    """One line; `pattern` is matched with the entry's path from the directory of the file."""

    pattern: tuple[str, ...]
    ignores: bool
    only_directories: bool


@dataclass(frozen=True, slots=True)
class _Level:
    """The rules of one file, and how many components its directory's path has."""

    depth: int
    rules: tuple[_Rule, ...]


@dataclass(frozen=True, slots=True)
class Ignores:
    """The rules that hold in one directory, the nearest last."""

    levels: tuple[_Level, ...] = ()

    def entering(self, directory: Sequence[str], handle: int) -> "Ignores":
        """The rules that hold inside a directory of which there is a handle."""
        files = [_read(handle, ".gitignore")]
        if not directory:
            files.insert(0, _read(handle, ".git", "info", "exclude"))
        added = tuple(_Level(len(directory), rules) for rules in files if rules)
        return Ignores(self.levels + added) if added else self

    def ignores(self, path: Sequence[str], *, directory: bool) -> bool:
        """Whether the entry is ignored: the nearest file decides, and in it the last rule that matches."""
        for level in reversed(self.levels):
            entry = path[level.depth :]
            for rule in reversed(level.rules):
                if (directory or not rule.only_directories) and components_match(rule.pattern, entry):
                    return rule.ignores
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


def _read(handle: int, *parts: str) -> tuple[_Rule, ...]:
    try:
        file = open_beneath(handle, parts, os.O_RDONLY | os.O_NONBLOCK)
    except OSError:
        return ()
    try:
        data = os.read(file, _LARGEST)
    except OSError:
        data = b""  # a directory by that name
    finally:
        os.close(file)
    lines = data.decode("utf-8", "surrogateescape").removeprefix(_BOM).split("\n")
    return tuple(rule for line in lines if (rule := _rule(line.removesuffix("\r"))))


def _rule(line: str) -> _Rule | None:
    text = _TRAILING_BLANKS.sub("", line)
    if text.startswith("#"):
        return None
    ignores = not text.startswith("!")
    text = text.removeprefix("!")
    only_directories = text.endswith("/")
    parts = [_dialect(part) for part in text.split("/") if part]
    if not parts:
        return None
    if "/" not in text.removesuffix("/"):
        parts.insert(0, "**")  # a bare name means it at any depth
    if parts[-1] == "**":
        parts.append("*")  # what is in a directory, not the directory
    return _Rule(tuple(parts), ignores, only_directories)


def _dialect(part: str) -> str:
    """Git's wildcards in Python's notation."""
    escaped = _ESCAPED.sub(lambda found: f"[{found[1]}]" if found[1] in "*?[" else found[1], part)
    return escaped.replace("[^", "[!")
