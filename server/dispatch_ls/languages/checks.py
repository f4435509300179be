"""The results of asking the servers."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from dispatch_ls.languages.change import Difference, difference, joined
from dispatch_ls.languages.merge import FileProblems
from dispatch_ls.protocol.items import DiagnosticChange, Problem
from dispatch_ls.protocol.methods import ServerAnswer

_SETTLED = ("fresh", "settled")
_WORST = ("fresh", "settled", "starting", "timeout", "error", "unavailable")
_MOST_TOLD = 20


@dataclass(frozen=True)
class Check:
    """What was found in the files that were asked about, and in others that changed with them.

    `others` are pairs of before and after. No problems means clean only where `complete`.
    """

    files: Sequence[FileProblems]
    others: Sequence[tuple[FileProblems, FileProblems]]
    answers: list[ServerAnswer]

    @property
    def problems(self) -> dict[Path, list[Problem]]:
        """Merged problems by file: those asked about first."""
        every = [*self.files, *(after for _, after in self.others)]
        return {file.path: file.merged for file in every}

    @property
    def complete(self) -> bool:
        """Whether at least one server is there for the files, and all have answered about these very texts."""
        return bool(self.answers) and all(answer.status in _SETTLED for answer in self.answers)

    @property
    def summary(self) -> str:
        """How far the answer can be trusted, such as `basedpyright fresh 21 ms, ruff timeout`."""
        return ", ".join(_told(answer) for answer in self.answers) or "no language server for this kind of file"


@dataclass(frozen=True)
class Baseline:
    """What was known of a file before a write; servers that did not answer in time are not in it."""

    file: FileProblems


def change(baseline: Baseline, check: Check) -> DiagnosticChange:
    """What came with a write, what went, and how much stayed, in the written file and the others."""
    written = [file for file in check.files if file.path == baseline.file.path]
    parts = [difference(baseline.file, file) for file in written]
    parts += [difference(before, after) for before, after in check.others]
    unknown = {name for file in written for name in file.by_server} - set(baseline.file.by_server)
    return _told_change(joined(parts), check.summary, sorted(unknown))


def worst(answers: Iterable[ServerAnswer]) -> list[ServerAnswer]:
    """One answer for each server: its worst, in the order in which the servers came."""
    found: dict[str, ServerAnswer] = {}
    for answer in answers:
        known = found.get(answer.server)
        if known is None or _WORST.index(answer.status) >= _WORST.index(known.status):
            found[answer.server] = answer
    return list(found.values())


def _told_change(found: Difference, summary: str, unknown: list[str]) -> DiagnosticChange:
    notes = [summary]
    if unknown:
        notes.append(f"not compared, as nothing was known before: {', '.join(unknown)}")
    for name, problems in (("new", found.new), ("fixed", found.fixed)):
        if len(problems) > _MOST_TOLD:
            notes.append(f"{len(problems) - _MOST_TOLD} more {name}")
    return DiagnosticChange(
        new=found.new[:_MOST_TOLD],
        fixed=found.fixed[:_MOST_TOLD],
        unchanged=found.unchanged,
        status="; ".join(notes),
    )


def _told(answer: ServerAnswer) -> str:
    if answer.status in _SETTLED:
        return f"{answer.server} {answer.status} {answer.milliseconds} ms"
    return f"{answer.server} {answer.status}: {answer.detail}" if answer.detail else f"{answer.server} {answer.status}"
