"""The port to the language servers, as far as changing files needs them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from dispatch_ls.protocol.items import DiagnosticChange


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a write did to the problems, as data and as the model reads it."""

    change: DiagnosticChange | None
    text: str


class WriteCheck(Protocol):
    """The check around one write, begun before it."""

    async def written(self, text: str) -> None:
        """The file holds this text now; told in the order of the writes."""

    async def verdict(self) -> Verdict:
        """Wait for the servers, up to a deadline, and compare with what they said before the write."""


class Checker(Protocol):
    """Who knows the problems of files."""

    async def before(self, path: Path) -> WriteCheck:
        """Remember what is wrong before the file is written."""

    async def resync(self) -> None:
        """Files may have changed on the disk, such as by a command."""
