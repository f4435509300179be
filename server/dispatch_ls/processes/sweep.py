"""Descendants that left their process group (`setsid`, double fork): found by a tag in their environment.

Linux only; elsewhere there is no way to read another process's environment without its help, and the process group is
all that can be ended.
"""

import os
import signal
from pathlib import Path

TAG = "DISPATCH_CHILD"
"""The variable every child and its descendants carry."""

_PROC = Path("/proc")
_ROUNDS = 20


def kill_tagged(tag: str) -> int:
    """Kills every process that carries `tag`, also those it forks meanwhile; blocking, a few milliseconds."""
    killed = 0
    for _ in range(_ROUNDS):
        now = sum(_kill_if_tagged(pid, tag) for pid in _processes())
        killed += now
        if not now:
            break
    return killed


def _processes() -> list[int]:
    return [int(entry.name) for entry in _PROC.iterdir() if entry.name.isdigit()] if _PROC.is_dir() else []


def _kill_if_tagged(pid: int, tag: str) -> bool:
    """Through a pidfd, so that the process that is looked at is the one that is killed."""
    if pid == os.getpid():
        return False
    try:
        handle = os.pidfd_open(pid)
    except OSError:
        return False
    try:
        return _carries(pid, tag) and _kill(handle)
    finally:
        os.close(handle)


def _carries(pid: int, tag: str) -> bool:
    try:
        variables = (_PROC / str(pid) / "environ").read_bytes().split(b"\0")
    except OSError:
        return False
    return f"{TAG}={tag}".encode() in variables


def _kill(handle: int) -> bool:
    try:
        signal.pidfd_send_signal(handle, signal.SIGKILL)
    except OSError:
        return False
    return True
