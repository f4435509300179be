"""What a tool is given: everything it may use, and nothing else."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from dispatch_ls.permissions.access import Access
from dispatch_ls.protocol.permissions import Operation
from dispatch_ls.tools.cut import Spill
from dispatch_ls.tools.files import Files
from dispatch_ls.tools.places import Place, locate
from dispatch_ls.tools.reading import Readings


class Gate(Protocol):
    """Who says whether something may be done."""

    async def check(self, access: Access) -> None:
        """Return once it may be done; raises `Denied`."""


def _nothing(*_: str) -> None:
    """Nobody listens."""


async def _no_wait() -> None:
    """Nobody wants to know first."""


@dataclass(frozen=True, kw_only=True)
class Context:
    """One call of a tool by one session's agent; `item_id` names the call.

    `workspace` and `directory` (where relative paths start) are real paths; `environment` is what commands get;
    `stream` takes output as it comes; `started` is awaited once the call is permitted, before it does anything.
    """

    session_id: str
    item_id: str
    workspace: Path
    directory: Path
    files: Files
    readings: Readings
    gate: Gate
    spill: Spill
    environment: Mapping[str, str] = field(default_factory=dict)
    stream: Callable[[str], None] = _nothing
    started: Callable[[], Awaitable[None]] = _no_wait

    def locate(self, path: str) -> Place:
        """Which file a path means; blocks on the file system."""
        return locate(path, base=self.directory, workspace=self.workspace, others=[self.spill.directory])

    def shows(self, place: Place) -> bool:
        """Whether the place is among the session's own spilled results, which need no permission."""
        return place.root == self.spill.directory

    def access(self, operation: Operation, target: str, *paths: Path, title: str, tool: str) -> Access:
        """What the gate is asked about."""
        return Access(
            session_id=self.session_id,
            item_id=self.item_id,
            operation=operation,
            target=target,
            paths=paths,
            title=title,
            tool=tool,
        )
