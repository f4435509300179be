"""`edit_file`: an exact text of a file replaced by another."""

from collections.abc import Sequence

from pydantic import Field

from dispatch_ls.permissions.access import Access
from dispatch_ls.protocol.errors import ToolFailed
from dispatch_ls.protocol.items import ToolKind
from dispatch_ls.protocol.permissions import Operation
from dispatch_ls.tools.changing import Changing
from dispatch_ls.tools.context import Context
from dispatch_ls.tools.files import Document
from dispatch_ls.tools.neighbours import not_found
from dispatch_ls.tools.places import printable
from dispatch_ls.tools.replacing import replace
from dispatch_ls.tools.schema import Parameters
from dispatch_ls.tools.tool import Result, Tool


class EditFileParameters(Parameters):
    """What to replace in which file."""

    path: str
    old_text: str = Field(description="exactly as in the file, with its indentation")
    new_text: str
    all: bool = Field(False, description="replace every match")


class EditFile(Tool[EditFileParameters]):
    """Changes a part of a file."""

    name = "edit_file"
    kind = ToolKind.EDIT
    group = "edit"
    parameters = EditFileParameters

    def __init__(self, changing: Changing) -> None:
        self._changing = changing

    def title(self, params: EditFileParameters) -> str:
        """The path."""
        return f"Edit {printable(params.path)}"

    def accesses(self, params: EditFileParameters, context: Context) -> Sequence[Access]:
        """Writing the file."""
        path = context.locate(params.path).path
        return [context.access(Operation.WRITE, str(path), path, title=self.title(params), tool=self.name)]

    async def run(self, params: EditFileParameters, context: Context) -> Result:
        """Replace the text, unless the file changed since the agent read it."""
        place = context.locate(params.path)

        def replaced(before: Document | None) -> tuple[str, str]:
            if before is None:
                raise ToolFailed(not_found(place))
            context.readings.check_change(place.path, place.shown, before.digest)
            after, count = replace(
                before.text, params.old_text, params.new_text, everywhere=params.all, name=place.shown
            )
            return after, f"Edited {place.shown}{f', {count} places' if count > 1 else ''}."

        return await self._changing.change(place, context, replaced)
