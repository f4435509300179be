"""What a write did to the problems: old ones are followed to where their lines have moved."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import SequenceMatcher

from dispatch_ls.languages.merge import FileProblems, merged
from dispatch_ls.languages.positions import lines_of
from dispatch_ls.protocol.items import Problem

_MOST_COMPARED = 4000
"""Lines beyond which the changed middle of a file is taken as replaced, since comparing takes quadratic time."""

Kind = tuple[str, str, str, str]


@dataclass(frozen=True)
class Difference:
    """Problems that came, that went, and the number of those that stayed."""

    new: list[Problem]
    fixed: list[Problem]
    unchanged: int


def difference(before: FileProblems, after: FileProblems) -> Difference:
    """Compares only servers that answered both times; all else would be guessed."""
    both = [name for name in after.by_server if name in before.by_server]
    old = merged(problem for name in both for problem in before.by_server[name])
    now = merged(problem for name in both for problem in after.by_server[name])
    return _matched(old, now, LineMap(before.text, after.text))


def joined(parts: Iterable[Difference]) -> Difference:
    """Several files' differences as one, errors first."""
    every = list(parts)
    new = merged(problem for part in every for problem in part.new)
    fixed = merged(problem for part in every for problem in part.fixed)
    return Difference(new, fixed, sum(part.unchanged for part in every))


class LineMap:
    """Where the lines of an older text are in a newer one."""

    def __init__(self, old: str, new: str) -> None:
        self._blocks = _blocks(lines_of(old), lines_of(new)) if old != new else None

    def places(self, line: int) -> range:
        """The 1-based lines where what was on the old 1-based `line` may be now; one if the line was not touched."""
        if self._blocks is None:
            return range(line, line + 1)
        for same, old_start, old_end, new_start, new_end in self._blocks:
            if old_start < line <= old_end:
                at = line - old_start + new_start
                return range(at, at + 1) if same else range(new_start + 1, new_end + 1)
        return range(0)


def _matched(old: list[Problem], now: list[Problem], lines: LineMap) -> Difference:
    """An old problem stays if the same is reported at one of its places; each new one is used up once."""
    open_places = Counter((_kind(problem), problem.line) for problem in now)
    fixed = []
    for problem in old:
        kind = _kind(problem)
        place = next((line for line in lines.places(problem.line) if open_places[kind, line]), None)
        if place is None:
            fixed.append(problem)
        else:
            open_places[kind, place] -= 1
    new = [problem for problem in now if _take(open_places, problem)]
    return Difference(new, fixed, len(now) - len(new))


def _take(open_places: Counter[tuple[Kind, int]], problem: Problem) -> bool:
    place = (_kind(problem), problem.line)
    if not open_places[place]:
        return False
    open_places[place] -= 1
    return True


def _kind(problem: Problem) -> Kind:
    return (problem.source, problem.code, problem.severity, problem.message)


Block = tuple[bool, int, int, int, int]


def _blocks(old: list[str], new: list[str]) -> list[Block]:
    """(same, old start, old end, new start, new end), 0-based; only the middle that differs is compared."""
    head = _common(old, new)
    tail = _common(old[head:][::-1], new[head:][::-1])
    old_end, new_end = len(old) - tail, len(new) - tail
    middle = [
        (same, a + head, b + head, c + head, d + head)
        for same, a, b, c, d in _middle(old[head:old_end], new[head:new_end])
    ]
    return [(True, 0, head, 0, head), *middle, (True, old_end, len(old), new_end, len(new))]


def _middle(old: list[str], new: list[str]) -> list[Block]:
    if len(old) + len(new) > _MOST_COMPARED:
        return [(False, 0, len(old), 0, len(new))]
    codes = SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    return [(tag == "equal", a, b, c, d) for tag, a, b, c, d in codes]


def _common(left: list[str], right: list[str]) -> int:
    """How many first lines are the same."""
    return next((n for n, (a, b) in enumerate(zip(left, right, strict=False)) if a != b), min(len(left), len(right)))
