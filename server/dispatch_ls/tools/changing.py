"""How every tool changes a file: one at a time per file, nothing unseen overwritten, problems before and after."""

import asyncio
from collections.abc import Callable

from dispatch_ls.protocol.events import FileChanged
from dispatch_ls.protocol.items import Location
from dispatch_ls.tools.checking import Checker
from dispatch_ls.tools.context import Context
from dispatch_ls.tools.diff import first_difference, patch
from dispatch_ls.tools.files import Document, Written
from dispatch_ls.tools.places import Place
from dispatch_ls.tools.tool import Result

Replace = Callable[[Document | None], tuple[str, str]]
"""From what is there (None: no file) to the new text and a sentence on it; raises `ToolFailed` to refuse."""


class Changing:
    """Changes files and says what that did to their problems."""

    def __init__(self, checker: Checker) -> None:
        self._checker = checker

    async def change(self, place: Place, context: Context, replace: Replace) -> Result:
        """Load, replace, write and check a file."""
        async with context.files.lock(place):
            before = await context.files.load(place)
            await asyncio.to_thread(replace, before)  # refuse before the servers are asked
            check = await self._checker.before(place.path)
            before = await context.files.load(place)
            after, said = await asyncio.to_thread(replace, before)
            if before is not None and before.text == after:
                return Result(output=f"{place.shown} has that content already; nothing was written.")
            written = await context.files.write(place, after, before)
            context.readings.saw(place.path, written.digest)
            await check.written(after)
        verdict = await check.verdict()
        old = before.text if before is not None else None
        return Result(
            output="\n".join(part for part in (said, written.notice, verdict.text) if part),
            diff=await asyncio.to_thread(patch, place.shown, old, after),
            locations=(Location(uri=place.uri, line=first_difference(old or "", after)),),
            diagnostics=verdict.change,
            changes=(_changed(place, written),),
            notices=(written.notice,) if written.notice else (),
        )


def _changed(place: Place, written: Written) -> FileChanged:
    return FileChanged(uri=place.uri, change="created" if written.created else "changed")
