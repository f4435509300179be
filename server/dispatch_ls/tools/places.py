"""Which file a path of the model means. Nothing in it is expanded: `~`, `$HOME`, `%2e` and `file:` are plain names."""

import os
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from dispatch_ls.protocol.errors import ToolFailed

_BIDI = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u061c")
_REFUSED = frozenset({"Cc", "Cs", "Zl", "Zp"})


@dataclass(frozen=True, slots=True)
class Place:
    """A file or directory by its real path; `root` is the directory it is opened beneath, `shown` is for people."""

    path: Path
    root: Path
    shown: str

    @property
    def parts(self) -> tuple[str, ...]:
        """The way from the root."""
        return self.path.relative_to(self.root).parts

    @property
    def uri(self) -> str:
        """The file's URI."""
        return self.path.as_uri()


def locate(path: str, *, base: Path, workspace: Path, others: Sequence[Path] = ()) -> Place:
    """Resolve a path that is relative to `base`; all directories given are real paths. Blocks on the file system.

    A link inside the workspace that leads out of it is refused; a path that plainly lies outside is located, and what
    may be done there is for the gate to say.
    """
    if not path:
        raise ToolFailed("The path is empty.")
    refuse_control_characters(path)
    named = Path(os.path.normpath(base / path))
    real = _real(base / path)
    for root in (workspace, *others):
        if real.is_relative_to(root):
            return Place(real, root, _shown(real, workspace))
    if named.is_relative_to(workspace):
        raise ToolFailed(
            f"{path} leads out of the workspace through a symbolic link, to {real}. Name that path if you mean it."
        )
    return Place(real, _existing_directory(real), str(real))


def refuse_control_characters(path: str) -> None:
    """Refuse characters that hide or forge what is shown to the user."""
    for character in path:
        if unicodedata.category(character) in _REFUSED or character in _BIDI:
            raise ToolFailed(f"The path holds the control character U+{ord(character):04X}.")


def printable(name: str) -> str:
    """A file name as it may be shown: control characters and bytes that are not UTF-8 are escaped."""
    return "".join(
        character.encode("unicode_escape").decode("ascii")
        if unicodedata.category(character) in _REFUSED or character in _BIDI
        else character
        for character in name
    )


def _real(path: Path) -> Path:
    try:
        return Path(os.path.realpath(path))
    except OSError as error:
        raise ToolFailed(f"{_brief(str(path))}: {error.strerror}.") from error


def _shown(path: Path, workspace: Path) -> str:
    return printable(str(path.relative_to(workspace) if path.is_relative_to(workspace) else path))


def _existing_directory(path: Path) -> Path:
    directory = path
    while not directory.is_dir():
        directory = directory.parent
    return directory


def _brief(path: str) -> str:
    return path if len(path) <= 200 else f"{path[:100]}…{path[-60:]}"
