"""Opening files strictly beneath a directory handle: no symbolic link is followed, by the kernel's word.

Resolving a path and opening it afterwards loses to whoever swaps a directory for a link in between.
"""

import ctypes
import errno
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path

from dispatch_ls.protocol.errors import Internal

_SYS_OPENAT2 = 437
"""The same number on every architecture."""

_RESOLVE = 0x02 | 0x04 | 0x08
"""RESOLVE_NO_MAGICLINKS | RESOLVE_NO_SYMLINKS | RESOLVE_BENEATH"""

_TRIES = 8
DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC


class _OpenHow(ctypes.Structure):
    _fields_ = [("flags", ctypes.c_uint64), ("mode", ctypes.c_uint64), ("resolve", ctypes.c_uint64)]


def open_beneath(root: int, parts: Sequence[str], flags: int, mode: int = 0) -> int:
    """Open `parts` beneath the directory handle `root`; a link on the way raises `OSError` (ELOOP, ENOTDIR, EXDEV)."""
    if any(part in ("", ".", "..") or "/" in part or "\0" in part for part in parts):
        raise Internal("a path that is not resolved reached the file system")
    if kernel_resolves():
        return _openat2(root, "/".join(parts) or ".", flags | os.O_CLOEXEC, mode)
    return walk(root, parts, flags, mode)


def open_root(path: Path) -> int:
    """A handle of the directory at a resolved absolute path."""
    top = os.open(path.anchor, DIRECTORY)
    try:
        return open_beneath(top, path.parts[1:], DIRECTORY)
    finally:
        os.close(top)


def make_directories(root: int, parts: Sequence[str]) -> int:
    """A handle of the directory `parts` beneath `root`, made where it is missing."""
    handle = os.dup(root)
    for part in parts:
        try:
            child = _enter_or_make(handle, part)
        finally:
            os.close(handle)
        handle = child
    return handle


def walk(root: int, parts: Sequence[str], flags: int, mode: int = 0) -> int:
    """What `open_beneath` does on kernels that can't: one handle after the other, following nothing."""
    if not parts:
        return os.open(".", flags | os.O_CLOEXEC, mode, dir_fd=root)
    handle = os.dup(root)
    try:
        for part in parts[:-1]:
            child = os.open(part, DIRECTORY | os.O_NOFOLLOW, dir_fd=handle)
            os.close(handle)
            handle = child
        return os.open(parts[-1], flags | os.O_NOFOLLOW | os.O_CLOEXEC, mode, dir_fd=handle)
    finally:
        os.close(handle)


@cache
def kernel_resolves() -> bool:
    """Whether `openat2` is there (Linux 5.6) and no sandbox around us forbids it."""
    if sys.platform != "linux":
        return False
    top = os.open("/", DIRECTORY)
    try:
        os.close(_openat2(top, ".", DIRECTORY, 0))
    except OSError:
        return False
    finally:
        os.close(top)
    return True


def _enter_or_make(handle: int, part: str) -> int:
    flags = DIRECTORY | os.O_NOFOLLOW
    try:
        return os.open(part, flags, dir_fd=handle)
    except FileNotFoundError:
        with suppress(FileExistsError):  # somebody else was faster
            os.mkdir(part, dir_fd=handle)
        return os.open(part, flags, dir_fd=handle)


@cache
def _libc() -> ctypes.CDLL:
    libc = ctypes.CDLL(None, use_errno=True)
    libc.syscall.restype = ctypes.c_long
    libc.syscall.argtypes = [ctypes.c_long, ctypes.c_int, ctypes.c_char_p, ctypes.POINTER(_OpenHow), ctypes.c_size_t]
    return libc


def _openat2(root: int, path: str, flags: int, mode: int) -> int:
    how = _OpenHow(flags, mode if flags & os.O_CREAT else 0, _RESOLVE)
    for _ in range(_TRIES):
        handle = _libc().syscall(_SYS_OPENAT2, root, os.fsencode(path), ctypes.byref(how), ctypes.sizeof(how))
        if handle >= 0:
            return int(handle)
        if ctypes.get_errno() not in (errno.EINTR, errno.EAGAIN):
            break
    number = ctypes.get_errno()
    raise OSError(number, os.strerror(number), path)
