"""Replacing a file at once: whoever reads it sees the old bytes or the new ones, also after a power cut."""

import fcntl
import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def replace(file: Path, data: bytes, *, mode: int = 0o600) -> None:
    """Write a file with the mode it has, or with `mode` where it is new. A link stays one; its target is replaced."""
    target = Path(os.path.realpath(file))
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream:
            os.fchmod(handle, _mode(target, mode))
            stream.write(data)
            stream.flush()
            os.fsync(handle)
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    _sync_directory(target.parent)


@contextmanager
def alone(file: Path) -> Iterator[None]:
    """One writer of a file at a time, of all servers of the user; what it wrote is there when the next one reads."""
    directory = Path(os.path.realpath(file)).parent
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _mode(target: Path, mode: int) -> int:
    try:
        return stat.S_IMODE(target.stat().st_mode)
    except FileNotFoundError:
        return mode


def _sync_directory(directory: Path) -> None:
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
