"""One owner per database: a lock that the system releases when its process dies, however it dies."""

import fcntl
import os
from dataclasses import dataclass
from pathlib import Path

from dispatch_ls.protocol.errors import UserError


@dataclass(frozen=True)
class Owner:
    """The server that holds a database; `pid` is None where it has not written it down yet."""

    pid: int | None

    def __str__(self) -> str:
        return "another server" if self.pid is None else f"another server (process {self.pid})"


class Lock:
    """The held lock; `release` lets the next server in."""

    def __init__(self, handle: int) -> None:
        self._handle: int | None = handle

    @classmethod
    def take(cls, file: Path) -> "Lock | Owner":
        """Hold the lock, or say who does."""
        try:
            handle = os.open(file, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise UserError(f"{file} can't be used: {error.strerror}") from error
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return _owner(handle)
        except OSError as error:
            os.close(handle)
            raise UserError(f"{file} can't be locked: {error.strerror}") from error
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
        return cls(handle)

    def release(self) -> None:
        """Let go; the file stays, for removing it would let two servers lock two different files."""
        handle, self._handle = self._handle, None
        if handle is not None:
            os.ftruncate(handle, 0)
            os.close(handle)


def _owner(handle: int) -> Owner:
    text = os.read(handle, 32).strip()
    os.close(handle)
    return Owner(int(text) if text.isdigit() else None)
