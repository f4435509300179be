"""Reading a configuration file that may be anything: a device, a pipe, 50 MB, half written, not text at all."""

import os
import stat
from pathlib import Path

from dispatch_ls.protocol.errors import ConfigError, Place

LIMIT = 256 * 1024
"""The most bytes a configuration file may have."""


def read_bounded(file: Path, limit: int = LIMIT) -> bytes | None:
    """The bytes of a regular file, None where there is none; raises OSError, or ValueError for what is no such file.

    Never waits for a writer of a pipe and never reads more than the limit.
    """
    try:
        handle = open_regular(file)
    except (FileNotFoundError, NotADirectoryError):
        return None
    with os.fdopen(handle, "rb") as stream:
        data = stream.read(limit + 1)
    if len(data) > limit:
        raise ValueError(f"it is larger than {limit // 1024} KiB")
    return data


def open_regular(file: Path, flags: int = 0) -> int:
    """A descriptor for reading a regular file; raises OSError, or ValueError for what is none."""
    handle = os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC | flags)
    if stat.S_ISREG(os.fstat(handle).st_mode):
        return handle
    os.close(handle)
    raise ValueError("it is not a regular file")


def read_text(file: Path) -> str | None:
    """The text of a configuration file, None where there is none; raises `ConfigError`."""
    try:
        data = read_bounded(file)
    except OSError as error:
        raise _unreadable(file, f"it can't be read: {error.strerror or type(error).__name__}") from error
    except ValueError as error:
        raise _unreadable(file, str(error)) from error
    if data is None:
        return None
    if data.startswith(b"\xef\xbb\xbf"):
        raise _unreadable(file, "it starts with a byte order mark; save it as UTF-8 without one")
    return _decoded(file, data)


def _decoded(file: Path, data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        before = data[: error.start]
        line = before.count(b"\n") + 1
        column = len(before[before.rfind(b"\n") + 1 :].decode("utf-8")) + 1
        raise ConfigError(Place(file, line, column, ""), "it is not UTF-8 text here") from error


def _unreadable(file: Path, text: str) -> ConfigError:
    return ConfigError(Place(file, 1, 1, ""), text)
