"""Diagnostics of several servers as problems for people and models: sane, merged, sorted, bounded."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import JsonValue

from dispatch_ls.languages.positions import code_points, lines_of
from dispatch_ls.languages.shapes import as_integer, as_object, as_text
from dispatch_ls.protocol.base import JsonObject
from dispatch_ls.protocol.items import Problem, Severity

MOST_PER_SERVER = 1000
"""Problems of one file that are kept of one server, the gravest first."""
_MESSAGE = 500
_SEVERITIES = {1: Severity.ERROR, 2: Severity.WARNING, 3: Severity.INFORMATION}
_HINT = 4
_RANK = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.INFORMATION: 2, Severity.HINT: 3}


@dataclass(frozen=True)
class FileProblems:
    """What the servers that answered said about one file, whose text was `text`."""

    path: Path
    text: str
    by_server: Mapping[str, list[Problem]]

    @property
    def merged(self) -> list[Problem]:
        """All of them once, errors first."""
        return merged(problem for problems in self.by_server.values() for problem in problems)


def problems_of(items: list[JsonObject], text: str, *, uri: str, server: str, encoding: str) -> list[Problem]:
    """A server's diagnostics of a file as problems, the gravest first."""
    lines = lines_of(text)
    return [_problem(item, lines, uri, server, encoding) for item in gravest(items)]


def gravest(items: list[JsonObject]) -> list[JsonObject]:
    """At most MOST_PER_SERVER diagnostics, errors first; hints are for editors and left out."""
    return sorted((item for item in items if item.get("severity") != _HINT), key=_gravity)[:MOST_PER_SERVER]


def merged(problems: Iterable[Problem]) -> list[Problem]:
    """Each problem once, errors first, then by place."""
    unique = {(p.uri, p.line, p.column, p.end_line, p.end_column, p.source, p.code, p.message): p for p in problems}
    return sorted(unique.values(), key=lambda p: (_RANK[p.severity], p.uri, p.line, p.column, p.source))


def limited(problems: Iterable[Problem], per_file: int = 20, total: int = 50) -> tuple[list[Problem], int]:
    """The first problems within the caps, and how many were left out."""
    kept: list[Problem] = []
    counts: dict[str, int] = {}
    left_out = 0
    for problem in problems:
        counts[problem.uri] = counts.get(problem.uri, 0) + 1
        if counts[problem.uri] > per_file or len(kept) >= total:
            left_out += 1
        else:
            kept.append(problem)
    return kept, left_out


def _gravity(item: JsonObject) -> tuple[int, int]:
    line, _ = _place(as_object(item.get("range")).get("start"))
    severity = as_integer(item.get("severity")) or 1
    return (severity if severity in _SEVERITIES else 1, line)


def _problem(item: JsonObject, lines: list[str], uri: str, server: str, encoding: str) -> Problem:
    span = as_object(item.get("range"))
    start = _within(_place(span.get("start")), lines, encoding)
    end = max(start, _within(_place(span.get("end")), lines, encoding))
    return Problem(
        uri=uri,
        line=start[0],
        column=start[1],
        end_line=end[0],
        end_column=end[1],
        severity=_SEVERITIES.get(as_integer(item.get("severity")) or 1, Severity.ERROR),
        message=_message(item),
        source=as_text(item.get("source")) or server,
        code=_code(item.get("code")),
    )


def _place(value: JsonValue) -> tuple[int, int]:
    place = as_object(value)
    return max(as_integer(place.get("line")) or 0, 0), max(as_integer(place.get("character")) or 0, 0)


def _within(place: tuple[int, int], lines: list[str], encoding: str) -> tuple[int, int]:
    """1-based, in code points, at most the end of the text."""
    line, character = place
    if line >= len(lines):
        return len(lines), len(lines[-1]) + 1
    return line + 1, code_points(lines[line], character, encoding) + 1


def _message(item: JsonObject) -> str:
    value = item.get("message")
    text = value if isinstance(value, str) else as_text(as_object(value).get("value"))
    text = text.replace("\xa0", " ").strip() or "(no message)"
    return text if len(text) <= _MESSAGE else text[: _MESSAGE - 1] + "…"


def _code(value: JsonValue) -> str:
    if isinstance(value, dict):
        value = value.get("value")
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
