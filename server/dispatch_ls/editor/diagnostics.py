"""Diagnostics as an editor sends them, turned into problems as people and models read them."""

from dispatch_ls.editor.client import text_at
from dispatch_ls.editor.jsonrpc import INVALID_PARAMS, Json, JsonObject, RpcError
from dispatch_ls.editor.texts import code_points, lines_of
from dispatch_ls.protocol.items import Problem, Severity

_SEVERITIES = {1: Severity.ERROR, 2: Severity.WARNING, 3: Severity.INFORMATION, 4: Severity.HINT}


def problem_of(uri: str, diagnostic: Json, text: str | None) -> Problem:
    """The problem; columns are exact where the file's text is known, else UTF-16 units stand for characters."""
    if not isinstance(diagnostic, dict):
        raise RpcError(INVALID_PARAMS, "diagnostic: an LSP diagnostic is needed.")
    place = diagnostic.get("range")
    lines = lines_of(text) if text is not None else []
    line, column = _position(place, "start", lines)
    end_line, end_column = _position(place, "end", lines)
    severity, code = diagnostic.get("severity"), diagnostic.get("code")
    message = text_at(diagnostic, "message") or text_at(diagnostic, "message", "value") or ""
    return Problem(
        uri=uri,
        line=line,
        column=column,
        end_line=end_line,
        end_column=end_column,
        severity=_SEVERITIES.get(severity, Severity.ERROR) if isinstance(severity, int) else Severity.ERROR,
        message=message,
        source=text_at(diagnostic, "source") or "",
        code=str(code) if isinstance(code, str | int) else "",
    )


def diagnostic_of(problem: Problem, text: str) -> JsonObject:
    """The problem as an editor shows it, beside this text."""
    lines = lines_of(text)
    start = _place(problem.line, problem.column, lines)
    end = _place(problem.end_line or problem.line, problem.end_column or problem.column, lines)
    levels = {severity: level for level, severity in _SEVERITIES.items()}
    diagnostic: JsonObject = {
        "range": {"start": start, "end": end},
        "severity": levels[problem.severity],
        "message": problem.message,
    }
    diagnostic |= {"source": problem.source} if problem.source else {}
    diagnostic |= {"code": problem.code} if problem.code else {}
    return diagnostic


def _place(line: int, column: int, lines: list[str]) -> JsonObject:
    before = lines[line - 1][: column - 1] if 0 < line <= len(lines) else ""
    return {"line": line - 1, "character": len(before.encode("utf-16-le", "surrogatepass")) // 2}


def _position(place: Json, end: str, lines: list[str]) -> tuple[int, int]:
    position = place.get(end) if isinstance(place, dict) else None
    line = position.get("line") if isinstance(position, dict) else None
    units = position.get("character") if isinstance(position, dict) else None
    if not isinstance(line, int) or not isinstance(units, int):
        raise RpcError(INVALID_PARAMS, "diagnostic: a range is needed.")
    return line + 1, (code_points(lines[line], units) if 0 <= line < len(lines) else units) + 1
