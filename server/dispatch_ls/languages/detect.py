"""Where a server's root is, and where its executable is found."""

import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from dispatch_ls.languages.spec import Launch, Missing, ServerSpec, Site

_LOCAL = (".venv/bin", "venv/bin", "node_modules/.bin")


def root_of(spec: ServerSpec, path: Path, workspace: Path) -> Path:
    """The outermost directory with an outer marker, else the nearest with a marker, else the workspace."""
    above = [folder for folder in path.parents if folder.is_relative_to(workspace)]
    for folder in reversed(above):
        if _has(folder, spec.outer_markers):
            return folder
    return next((folder for folder in above if _has(folder, spec.markers)), workspace)


def prepared(spec: ServerSpec, root: Path, workspace: Path, environment: Mapping[str, str]) -> Launch | Missing:
    """How the server starts in `root`; reads the disk."""
    return spec.prepare(spec, Site(root, workspace, lambda name: find_program(name, root, workspace, environment)))


def find_program(name: str, root: Path, workspace: Path, environment: Mapping[str, str]) -> Path | None:
    """An executable: the project's own, then PATH, then the one beside this interpreter.

    A name with a slash is a path, relative to the workspace. No shell ever sees the name.
    """
    if "/" in name:
        return _executable(workspace / Path(name).expanduser())
    above = [folder for folder in (root, *root.parents) if folder.is_relative_to(workspace)]
    local = [folder / place / name for folder in above for place in _LOCAL]
    found = next((program for place in local if (program := _executable(place))), None)
    if found:
        return found
    if on_path := shutil.which(name, path=environment.get("PATH", os.defpath)):
        return Path(on_path)
    return _executable(Path(sys.prefix) / "bin" / name)


def suffixes_in(workspace: Path, limit: int = 2000) -> set[str]:
    """The file name endings near the top of the workspace, for saying which servers it is about to need."""
    found: set[str] = set()
    for folder in (workspace, *_folders(workspace)):
        for entry in _entries(folder)[:limit]:
            found.add(Path(entry).suffix.lower())
    return found


def _folders(workspace: Path) -> list[Path]:
    names = [name for name in _entries(workspace) if not name.startswith(".") and name != "node_modules"]
    return [workspace / name for name in names[:50] if (workspace / name).is_dir()]


def _entries(folder: Path) -> list[str]:
    try:
        return os.listdir(folder)  # noqa: PTH208 - names only, and an unreadable folder is an empty one
    except OSError:
        return []


def _has(folder: Path, markers: tuple[str, ...]) -> bool:
    return any((folder / marker).exists() for marker in markers)


def _executable(program: Path) -> Path | None:
    return program.absolute() if program.is_file() and os.access(program, os.X_OK) else None
