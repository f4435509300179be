"""What lies in which directory: by components, never by the text of a path (`/ws-evil` is not in `/ws`)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Roots:
    """Directories whose files need no request for being where they are. All are real paths."""

    workspace: Path
    home: Path
    directories: tuple[Path, ...] = ()

    @classmethod
    def resolved(cls, workspace: Path, home: Path, directories: Iterable[str]) -> "Roots":
        """With `~` and links followed; blocks on the file system."""
        home = home.resolve()
        return cls(workspace.resolve(), home, tuple(at_home(directory, home).resolve() for directory in directories))

    def hold(self, path: Path) -> bool:
        """Whether a real path is in the workspace or in a directory that was opened."""
        return is_within(path, (self.workspace, *self.directories))


def is_within(path: Path, directories: Sequence[Path]) -> bool:
    """Whether a real path is one of the directories or in one."""
    return ".." not in path.parts and any(path.is_relative_to(directory) for directory in directories)


def at_home(path: str, home: Path) -> Path:
    """A path with `~/` spelt out."""
    return home / path[2:] if path.startswith("~/") else Path(path)
