"""Globs over path components: `*`, `?`, `[…]` within one, `**` for any number of them, `{a,b}` for either."""

import re
from collections.abc import Sequence
from fnmatch import translate
from functools import lru_cache

from dispatch_ls.protocol.errors import ToolFailed

_ALTERNATIVES = 64
_BRACES = re.compile(r"\{([^{}]*)\}")


class Glob:
    """A pattern for paths beneath a directory; it takes linear time in the path, whatever the pattern."""

    def __init__(self, pattern: str) -> None:
        self._patterns = [_components(each) for each in _alternatives(pattern)]

    def matches(self, path: Sequence[str]) -> bool:
        """Whether the components are a match."""
        return any(components_match(pattern, path) for pattern in self._patterns)

    def may_match_below(self, directory: Sequence[str]) -> bool:
        """Whether anything in the directory could match."""
        return any(
            any(position < len(pattern) for position in _reached(pattern, directory)) for pattern in self._patterns
        )


def components_match(pattern: tuple[str, ...], path: Sequence[str]) -> bool:
    """Whether a path is what the components of one pattern mean."""
    return len(pattern) in _reached(pattern, path)


def _alternatives(pattern: str) -> list[str]:
    """The pattern without braces, once per choice, the innermost braces first."""
    done, todo = [], [pattern]
    while todo:
        each = todo.pop()
        braces = _BRACES.search(each)
        if braces is None:
            done.append(each)
        else:
            todo += [each[: braces.start()] + choice + each[braces.end() :] for choice in braces[1].split(",")]
        if len(done) + len(todo) > _ALTERNATIVES:
            raise ToolFailed(f"The pattern has more than {_ALTERNATIVES} alternatives.")
    return done


def _components(pattern: str) -> tuple[str, ...]:
    parts = [part for part in pattern.split("/") if part not in ("", ".")]
    if ".." in parts:
        raise ToolFailed("A pattern can't hold `..`; use `path` for where to look.")
    return tuple(parts)


def _reached(pattern: tuple[str, ...], path: Sequence[str]) -> set[int]:
    """The positions in the pattern at which the path may have ended."""
    positions = _through_stars(pattern, {0})
    for part in path:
        positions = _through_stars(pattern, {after for before in positions for after in _step(pattern, before, part)})
    return positions


def _step(pattern: tuple[str, ...], position: int, part: str) -> list[int]:
    if position == len(pattern):
        return []
    if pattern[position] == "**":
        return [position]
    return [position + 1] if _component(pattern[position]).match(part) else []


def _through_stars(pattern: tuple[str, ...], positions: set[int]) -> set[int]:
    """`**` may also stand for no component at all."""
    result = set(positions)
    for position in positions:
        after = position
        while after < len(pattern) and pattern[after] == "**":
            after += 1
            result.add(after)
    return result


@lru_cache(maxsize=256)
def _component(pattern: str) -> re.Pattern[str]:
    return re.compile(translate(pattern))
