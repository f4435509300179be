"""`write_file`: a whole file, byte for byte."""

from collections.abc import Sequence

from pydantic import Field

from dispatch_ls.permissions.access import Access
from dispatch_ls.protocol.items import ToolKind
from dispatch_ls.protocol.permissions import Operation
from dispatch_ls.tools.changing import Changing
from dispatch_ls.tools.context import Context
from dispatch_ls.tools.files import Document
from dispatch_ls.tools.places import printable
from dispatch_ls.tools.schema import Parameters
from dispatch_ls.tools.tool import Result, Tool


class WriteFileParameters(Parameters):
    """Which file, and all of it."""

    path: str
    content: str = Field(description="the whole file")


class WriteFile(Tool[WriteFileParameters]):
    """Creates or replaces a file."""

    name = "write_file"
    kind = ToolKind.EDIT
    group = "edit"
    parameters = WriteFileParameters

    def __init__(self, changing: Changing) -> None:
        self._changing = changing

    def title(self, params: WriteFileParameters) -> str:
        """The path."""
        return f"Write {printable(params.path)}"

    def accesses(self, params: WriteFileParameters, context: Context) -> Sequence[Access]:
        """Writing the file."""
        path = context.locate(params.path).path
        return [context.access(Operation.WRITE, str(path), path, title=self.title(params), tool=self.name)]

    async def run(self, params: WriteFileParameters, context: Context) -> Result:
        """Write it, unless it holds what the agent has not seen."""
        place = context.locate(params.path)

        def replaced(before: Document | None) -> tuple[str, str]:
            if before is None:
                return params.content, f"Created {place.shown}."
            context.readings.check_overwrite(place.path, place.shown, before.digest)
            after, kept = like(before, params.content)
            return after, f"Wrote {place.shown}{kept}."

        return await self._changing.change(place, context, replaced)


def like(before: Document, content: str) -> tuple[str, str]:
    """The content with the line ends and without the mark that `before` has, and a word on what was kept."""
    kept = []
    if before.bom:
        content = content.removeprefix("\ufeff")
        kept.append("its byte-order mark")
    ends = before.text.count("\n")
    if ends and before.text.count("\r\n") == ends and "\n" in content and "\r" not in content:
        content = content.replace("\n", "\r\n")
        kept.append("its CRLF line ends")
    return content, f" and kept {' and '.join(kept)}" if kept else ""
