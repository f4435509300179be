"""Files that only their owner may read: 0700 and 0600, no links, none that belong to someone else."""

import os
import stat
from datetime import datetime
from pathlib import Path

from dispatch_ls.protocol.errors import UserError

SIDE_FILES = ("", "-wal", "-shm", "-journal")
"""What SQLite keeps beside a database, by suffix."""


def make_private_directory(directory: Path) -> None:
    """Create the directory, or tighten the one that is there; UserError where it can't be ours alone."""
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        _tighten(directory, os.O_RDONLY | os.O_DIRECTORY, 0o700)
    except OSError as error:
        raise UserError(f"conversations can't be kept in {directory}: {error.strerror}") from error


def make_private_file(file: Path) -> None:
    """Tighten the file if there is one; UserError where it is a link, no file, or someone else's."""
    try:
        _tighten(file, os.O_RDONLY | os.O_NONBLOCK, 0o600)
    except FileNotFoundError:
        return
    except OSError as error:
        raise UserError(f"{file} can't be used: {error.strerror}") from error


def set_aside(file: Path, moment: datetime) -> Path:
    """Rename a damaged database with all that belongs to it, and return its new path; no byte is lost."""
    target = _unused(file.with_name(f"{file.name}.corrupt-{moment:%Y%m%dT%H%M%S}"))
    for suffix in SIDE_FILES:
        part = Path(f"{file}{suffix}")
        if part.exists():
            part.rename(f"{target}{suffix}")
    return target


def sync_directory(directory: Path) -> None:
    """Make renames in the directory durable."""
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _tighten(path: Path, flags: int, mode: int) -> None:
    handle = os.open(path, flags | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        found = os.fstat(handle)
        if found.st_uid != os.geteuid():
            raise UserError(f"{path} belongs to another user")
        if not flags & os.O_DIRECTORY and not stat.S_ISREG(found.st_mode):
            raise UserError(f"{path} is not a file")
        if stat.S_IMODE(found.st_mode) != mode:
            os.fchmod(handle, mode)
    finally:
        os.close(handle)


def _unused(path: Path) -> Path:
    candidate, count = path, 1
    while candidate.exists():
        count += 1
        candidate = path.with_name(f"{path.name}-{count}")
    return candidate
