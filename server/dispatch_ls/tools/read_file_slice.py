"""`read_file_slice`: a range of characters of one line, for lines that are too long to show."""

import codecs
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from pydantic import Field

from dispatch_ls.permissions.access import Access
from dispatch_ls.protocol.errors import ToolFailed
from dispatch_ls.protocol.items import Location, ToolKind
from dispatch_ls.tools.context import Context
from dispatch_ls.tools.lines import CHUNK
from dispatch_ls.tools.places import printable
from dispatch_ls.tools.read_file import reading
from dispatch_ls.tools.reading import BOM
from dispatch_ls.tools.schema import Parameters
from dispatch_ls.tools.tool import Result, Tool

LONGEST = 20_000
"""Characters in one result."""


class ReadFileSliceParameters(Parameters):
    """Which characters of which line."""

    path: str
    line: int = Field(ge=1, description="from 1")
    start: int = Field(1, ge=1, description="first character, from 1")
    length: int = Field(4_000, ge=1, le=LONGEST, description=f"characters, at most {LONGEST}")


@dataclass(frozen=True, slots=True)
class Slice:
    """Characters of a line; `length` is the whole line's, None where the file has no such line."""

    text: str
    length: int | None
    binary: bool = False


class ReadFileSlice(Tool[ReadFileSliceParameters]):
    """Reads a part of one line."""

    name = "read_file_slice"
    kind = ToolKind.READ
    group = "read"
    parameters = ReadFileSliceParameters

    def title(self, params: ReadFileSliceParameters) -> str:
        """The path and the line."""
        return f"Read {printable(params.path)}:{params.line}, from character {params.start}"

    def accesses(self, params: ReadFileSliceParameters, context: Context) -> Sequence[Access]:
        """Reading the file."""
        return reading(params.path, self.title(params), self.name, context)

    async def run(self, params: ReadFileSliceParameters, context: Context) -> Result:
        """The characters, and where they are in the line."""
        place = context.locate(params.path)
        found = await context.files.scan(place, lambda file: cut_out(file, params.line, params.start, params.length))
        if found.binary:
            raise ToolFailed(f"{place.shown} is a binary file, not text.")
        if found.length is None:
            raise ToolFailed(f"{place.shown} has no line {params.line}.")
        if not found.text and params.start > max(found.length, 1):
            raise ToolFailed(f"Line {params.line} has {found.length:,} characters; {params.start} is past its end.")
        end = params.start + len(found.text) - 1
        note = f"[characters {params.start}-{end} of {found.length:,}, line {params.line}]"
        return Result(output=f"{found.text}\n{note}", locations=(Location(uri=place.uri, line=params.line),))


def cut_out(file: BinaryIO, line: int, start: int, length: int) -> Slice:
    """Characters `start` (from 1) and on of a line, read piece by piece."""
    decoder = codecs.getincrementaldecoder("utf-8")("backslashreplace")
    kept: list[str] = []
    seen = 0
    exists = False
    for piece in _line(file, line):
        if b"\0" in piece[:8192]:
            return Slice("", None, binary=True)
        exists = True
        text = decoder.decode(piece)
        begin, end = max(start - 1 - seen, 0), max(start - 1 + length - seen, 0)
        kept.append(text[begin:end])
        seen += len(text)
    rest = decoder.decode(b"", final=True)
    return Slice("".join(kept) + rest[: max(start - 1 + length - seen, 0)], seen + len(rest) if exists else None)


def _line(file: BinaryIO, wanted: int) -> Iterator[bytes]:
    """The pieces of one line without its end; nothing where the file has fewer lines."""
    chunk = _seek(file, wanted)
    held = b""
    while chunk:
        body, newline, _ = chunk.partition(b"\n")
        data = held + body
        if newline:
            yield data.removesuffix(b"\r")
            return
        # a \r at the end of a piece may be half of the line's end
        held = b"\r" if data.endswith(b"\r") else b""
        yield data.removesuffix(held)
        chunk = file.read(CHUNK)
    if held:
        yield held


def _seek(file: BinaryIO, wanted: int) -> bytes:
    """What was read so far of the line's beginning and on; empty where the file ends first."""
    number = 1
    chunk = file.read(CHUNK).removeprefix(BOM)
    while chunk:
        breaks = chunk.count(b"\n")
        if number + breaks >= wanted:
            at = 0
            for _ in range(wanted - number):
                at = chunk.index(b"\n", at) + 1
            return chunk[at:] or file.read(CHUNK)
        number += breaks
        chunk = file.read(CHUNK)
    return b""
