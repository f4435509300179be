"""`list_files`: names in a directory, or those that match a glob."""

import os
from collections.abc import Sequence

from pydantic import Field

from dispatch_ls.permissions.access import Access
from dispatch_ls.protocol.items import Location, ToolKind
from dispatch_ls.tools.beneath import DIRECTORY, open_beneath
from dispatch_ls.tools.context import Context
from dispatch_ls.tools.glob import Glob
from dispatch_ls.tools.ignore import above
from dispatch_ls.tools.listing import Listing, Walk
from dispatch_ls.tools.places import Place, printable
from dispatch_ls.tools.read_file import reading
from dispatch_ls.tools.schema import Parameters
from dispatch_ls.tools.tool import Result, Tool

LIMIT = 500
"""Names in one result."""


class ListFilesParameters(Parameters):
    """Where to look, and for what."""

    path: str = Field(".", description="directory")
    pattern: str = Field("*", description="glob beneath it, such as **/*.py")


class ListFiles(Tool[ListFilesParameters]):
    """Lists names."""

    name = "list_files"
    kind = ToolKind.SEARCH
    group = "read"
    parameters = ListFilesParameters

    def title(self, params: ListFilesParameters) -> str:
        """The directory, and the glob if there is one."""
        if params.pattern == "*":
            return f"List {printable(params.path)}"
        return f"List {printable(params.pattern)} in {printable(params.path)}"

    def accesses(self, params: ListFilesParameters, context: Context) -> Sequence[Access]:
        """Reading the directory."""
        return reading(params.path, self.title(params), self.name, context)

    async def run(self, params: ListFilesParameters, context: Context) -> Result:
        """One name a line, and a note where not all are there."""
        place = context.locate(params.path)
        walk = Walk(Glob(params.pattern), LIMIT)
        listing = await context.files.walk(place, lambda root: _list(root, place.parts, walk))
        return Result(output=_text(listing, place, params.pattern), locations=(Location(uri=place.uri),))


def _list(root: int, directory: Sequence[str], walk: Walk) -> Listing:
    handle = open_beneath(root, directory, DIRECTORY)
    try:
        return walk.run(handle, directory, above(root, directory))
    finally:
        os.close(handle)


def _text(listing: Listing, place: Place, pattern: str) -> str:
    lines = [printable(name) for name in listing.names]
    if listing.truncated:
        lines.append(f"[truncated: the first {len(lines)}; narrow the path or the pattern]")
    elif not lines:
        lines.append(f"[nothing in {place.shown} matches {printable(pattern)}]" if pattern != "*" else "[empty]")
    return "\n".join(lines)
