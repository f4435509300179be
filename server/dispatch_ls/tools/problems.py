"""Problems as a model reads them: errors first, bounded, with 1-based lines and columns."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from dispatch_ls.languages.positions import path_of
from dispatch_ls.protocol.items import DiagnosticChange, Problem, Severity

PER_FILE = 20
IN_ALL = 50
OTHERS = 5
_MESSAGE = 500
_TOLD = (Severity.ERROR, Severity.WARNING)


def told(problems: Sequence[Problem]) -> list[Problem]:
    """What a model is told about: errors, then warnings; hints make it mend what nobody asked for."""
    wanted = [problem for problem in problems if problem.severity in _TOLD]
    return sorted(wanted, key=lambda each: (_TOLD.index(each.severity), each.line, each.column))


def listing(files: Mapping[str, Sequence[Problem]], new: Sequence[Problem] = ()) -> str:
    """The problems by file, in the order given; those that are `new` are marked."""
    fresh = {_key(problem) for problem in new}
    lines: list[str] = []
    room = IN_ALL
    for name, problems in files.items():
        wanted = told(problems)
        shown = wanted[: min(PER_FILE, room)]
        room -= len(shown)
        lines += [f"{name}:"] * bool(wanted)
        lines += [f"  {_line(each, '  (new)' if _key(each) in fresh else '')}" for each in shown]
        if len(wanted) > len(shown):
            lines.append(f"  … and {len(wanted) - len(shown)} more")
    return "\n".join(lines)


def summary(change: DiagnosticChange, *, complete: bool) -> str:
    """One line: what is new, what is fixed, what stays. "No problems" only where every server has answered."""
    new, fixed = told(change.new), told(change.fixed)
    parts = [f"{_counted(new)} new" if new else "", f"{len(fixed)} fixed" if fixed else ""]
    parts.append(f"{change.unchanged} as before" if change.unchanged else "")
    said = ", ".join(part for part in parts if part)
    if complete:
        return f"{said or 'no problems'} [{change.status}]"
    return f"not fully checked ({change.status}){f'; so far {said}' if said else ''}"


def after_write(
    name: str,
    change: DiagnosticChange,
    own: Sequence[Problem],
    others: Mapping[str, Sequence[Problem]],
    *,
    complete: bool,
) -> str:
    """What a write did: the errors of that file first, then those of a few other files (LANG-4)."""
    errors = {file: _errors(problems) for file, problems in others.items()}
    most = dict([(file, problems) for file, problems in errors.items() if problems][:OTHERS])
    return "\n".join(
        part for part in (summary(change, complete=complete), listing({name: own, **most}, change.new)) if part
    )


def name_of(path: Path, workspace: Path) -> str:
    """The file's name for the model."""
    return str(path.relative_to(workspace) if path.is_relative_to(workspace) else path)


def name_of_uri(uri: str, workspace: Path) -> str:
    """The name of the file that a URI means."""
    path = path_of(uri)
    return name_of(path, workspace) if path else uri


def _errors(problems: Sequence[Problem]) -> list[Problem]:
    return [problem for problem in problems if problem.severity is Severity.ERROR]


def _counted(problems: Sequence[Problem]) -> str:
    errors = len(_errors(problems))
    warnings = len(problems) - errors
    parts = [f"{errors} error{'s' * (errors != 1)}"] * bool(errors)
    parts += [f"{warnings} warning{'s' * (warnings != 1)}"] * bool(warnings)
    return " and ".join(parts)


def _key(problem: Problem) -> tuple[str, int, int, str]:
    return problem.uri, problem.line, problem.column, problem.message


def _line(problem: Problem, mark: str) -> str:
    message = problem.message if len(problem.message) <= _MESSAGE else f"{problem.message[:_MESSAGE]}…"
    origin = " ".join(part for part in (problem.source, problem.code) if part)
    text = message.replace("\n", "\n    ")
    return f"{problem.line}:{problem.column} {problem.severity}: {text}{f' [{origin}]' if origin else ''}{mark}"
