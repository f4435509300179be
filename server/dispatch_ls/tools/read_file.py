"""`read_file`: lines of a file, numbered."""

from collections.abc import Callable, Sequence
from pathlib import Path

from pydantic import Field

from dispatch_ls.permissions.access import Access
from dispatch_ls.protocol.errors import ToolFailed
from dispatch_ls.protocol.items import Location, ToolKind
from dispatch_ls.protocol.permissions import Operation
from dispatch_ls.tools.context import Context
from dispatch_ls.tools.cut import LIMIT
from dispatch_ls.tools.lines import Excerpt, Line, excerpt
from dispatch_ls.tools.places import Place, printable
from dispatch_ls.tools.schema import Parameters
from dispatch_ls.tools.tool import Result, Tool

WIDTH = 2_000
"""Bytes of one line that are shown."""

BUDGET = LIMIT - 2_000
"""Bytes of lines in one result, which then is never cut in the middle."""

_EVER = 2**62


class ReadFileParameters(Parameters):
    """Which lines of which file."""

    path: str = Field(description="relative to your directory, or absolute")
    start_line: int = Field(1, ge=1, description="first line, from 1")
    end_line: int | None = Field(None, ge=1, description="last line; default: to the end")


class ReadFile(Tool[ReadFileParameters]):
    """Reads a file, in the editor's state where it is open there; `seen` is told which."""

    name = "read_file"
    kind = ToolKind.READ
    group = "read"
    parameters = ReadFileParameters

    def __init__(self, seen: Callable[[Path], None] | None = None) -> None:
        self._seen = seen

    def title(self, params: ReadFileParameters) -> str:
        """The path, and the lines if some were asked for."""
        if params.start_line == 1 and params.end_line is None:
            return f"Read {printable(params.path)}"
        return f"Read {printable(params.path)}:{params.start_line}-{params.end_line or ''}"

    def accesses(self, params: ReadFileParameters, context: Context) -> Sequence[Access]:
        """Reading the file; the session's own results need no permission."""
        return reading(params.path, self.title(params), self.name, context)

    async def run(self, params: ReadFileParameters, context: Context) -> Result:
        """The lines, then what the model has to know to go on or to write the file back."""
        place = context.locate(params.path)
        last = params.end_line or _EVER
        if last < params.start_line:
            raise ToolFailed(f"end_line {last} comes before start_line {params.start_line}.")
        found = await context.files.scan(
            place, lambda file: excerpt(file, params.start_line, last, width=WIDTH, budget=BUDGET)
        )
        if found.binary:
            raise ToolFailed(f"{place.shown} is a binary file, not text.")
        if not found.lines and params.start_line > max(found.total, 1):
            raise ToolFailed(
                f"{place.shown} has {found.total:,} lines; start_line {params.start_line} is past its end."
            )
        if found.digest is not None:
            context.readings.saw(place.path, found.digest)
        if self._seen is not None:
            self._seen(place.path)
        output = "\n".join([*map(_numbered, found.lines), *_notes(found, place, context, last)])
        return Result(output=output, locations=(Location(uri=place.uri, line=params.start_line),))


def reading(path: str, title: str, tool: str, context: Context) -> Sequence[Access]:
    """What a tool that reads one path needs."""
    place = context.locate(path)
    if context.shows(place):
        return []
    return [context.access(Operation.READ, str(place.path), place.path, title=title, tool=tool)]


def _numbered(line: Line) -> str:
    if line.whole:
        return f"{line.number}\t{line.text}"
    return (
        f"{line.number}\t{line.text}… "
        f"[line of {line.size:,} bytes; the rest: read_file_slice line={line.number} start={len(line.text) + 1}]"
    )


def _notes(found: Excerpt, place: Place, context: Context, last: int) -> list[str]:
    if found.size == 0:
        return ["[empty file]"]
    notes = [note for note in (_where(found, last), _bytes(found), _unsaved(place, context)) if note]
    return [f"[{'; '.join(notes)}]"] if notes else []


def _where(found: Excerpt, last: int) -> str:
    if not found.lines:
        return "no line"
    first, shown = found.lines[0].number, found.lines[-1].number
    if first == 1 and shown == found.total and found.digest is not None:
        return ""
    total = f"{found.total:,}" if found.digest is not None else f"more than {found.total:,}"
    more = f"; go on with start_line={shown + 1}" if shown < min(found.total, last) else ""
    return f"lines {first}-{shown} of {total}{more}"


def _bytes(found: Excerpt) -> str:
    """What numbered lines do not show of the bytes."""
    facts = []
    if found.crlf:
        facts.append("CRLF line ends" if found.crlf >= found.total - 1 else "mixed LF and CRLF line ends")
    if found.bom:
        facts.append("UTF-8 byte-order mark")
    if found.digest is not None and not found.final_newline:
        facts.append("no newline at the end")
    return ", ".join(facts)


def _unsaved(place: Place, context: Context) -> str:
    buffer = context.files.buffers.text_of(place.path)
    return "unsaved in the editor" if buffer is not None and buffer.dirty else ""
