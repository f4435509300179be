"""The port to the editor: a file that it has open is what it shows, saved or not."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Buffer:
    """An open file as the editor has it; `dirty` where it is not saved."""

    text: str
    version: int
    dirty: bool


class Buffers(Protocol):
    """The files that are open in the editor."""

    def text_of(self, path: Path) -> Buffer | None:
        """The open file, or None where it is not open."""

    async def apply(self, path: Path, text: str, version: int) -> bool:
        """Make the open file of that version hold the text; False where the editor refuses."""


class NoBuffers:
    """No editor, or nothing open in it."""

    def text_of(self, path: Path) -> Buffer | None:
        """Nothing is open."""
        del path
        return None

    async def apply(self, path: Path, text: str, version: int) -> bool:
        """Nothing can be changed."""
        del path, text, version
        return False
