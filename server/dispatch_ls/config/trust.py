"""Which workspaces the user trusts (PERM-7): kept outside them, by real path, each folder for itself.

A store that can't be relied on trusts nothing, and says so.
"""

import asyncio
import json
import os
import stat
import time
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from dispatch_ls.config.atomic import alone, replace
from dispatch_ls.config.reading import open_regular
from dispatch_ls.protocol.base import JsonObject

_LIMIT = 4 * 1024 * 1024


@dataclass(frozen=True)
class Trusting:
    """Whether a workspace is trusted; `problem` is a sentence for the user where the store could not be relied on."""

    trusted: bool
    problem: str | None = None


class TrustStore:
    """The store in one file of the user's state directory."""

    def __init__(self, file: Path) -> None:
        self._file = file

    async def of(self, workspace: Path) -> Trusting:
        """Whether the user trusts this folder itself; that of a parent does not count."""
        return await asyncio.to_thread(self._of, workspace)

    async def set(self, workspace: Path, trusted: bool) -> None:
        """Remember or forget a folder; a damaged store is set aside first. Raises OSError."""
        await asyncio.to_thread(self._set, workspace, trusted)

    def _of(self, workspace: Path) -> Trusting:
        try:
            return Trusting(os.path.realpath(workspace) in self._read())
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else str(error)
            return Trusting(False, f"No workspace is trusted, because {self._file} can't be relied on: {reason}.")

    def _set(self, workspace: Path, trusted: bool) -> None:
        with alone(self._file):
            self._change(workspace, trusted)

    def _change(self, workspace: Path, trusted: bool) -> None:
        try:
            entries = self._read()
        except ValueError:
            self._file.rename(self._file.with_name(f"{self._file.name}.damaged-{time.time_ns()}"))
            entries = {}
        name = os.path.realpath(workspace)
        entries.pop(name, None)
        if trusted:
            entries[name] = {}  # what the folder held when it was trusted belongs here
        document = {"version": 1, "workspaces": entries}
        replace(self._file, json.dumps(document, indent=2).encode() + b"\n", mode=0o600)

    def _read(self) -> dict[str, JsonObject]:
        """The entries by real path; raises ValueError with what is wrong with the store."""
        data = _read_private(self._file)
        if data is None:
            return {}
        try:
            document = json.loads(data)
        except (ValueError, RecursionError) as error:
            raise ValueError("it is damaged") from error
        workspaces = document.get("workspaces") if isinstance(document, dict) else None
        if not isinstance(workspaces, dict) or document.get("version") != 1:
            raise ValueError("it is damaged")
        if not all(isinstance(entry, dict) for entry in workspaces.values()):
            raise ValueError("it is damaged")
        return cast(dict[str, JsonObject], workspaces)


def _read_private(file: Path) -> bytes | None:
    try:
        handle = open_regular(file, os.O_NOFOLLOW)
    except FileNotFoundError:
        return None
    with os.fdopen(handle, "rb") as stream:
        for status in (os.fstat(handle), file.parent.stat()):
            if status.st_uid != os.geteuid() or status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
                raise ValueError("others can write it")
        data = stream.read(_LIMIT + 1)
    if len(data) > _LIMIT:
        raise ValueError("it is too large")
    return data
