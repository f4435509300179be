"""Keeps the servers' view of the files true: the editor's text, the agents' writes and the disk, in one order."""

import asyncio
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

from dispatch_ls.languages.roster import Roster
from dispatch_ls.languages.server import LanguageServer
from dispatch_ls.languages.texts import Texts, TooLarge
from dispatch_ls.languages.watch import (
    CHANGED,
    CREATED,
    DELETED,
    Kind,
    Snapshot,
    Stamp,
    difference,
    snapshot,
    stamp_of,
)


class Sync:
    """Texts go to servers when they are asked; changes of files are told to all servers at once."""

    def __init__(self, workspace: Path, roster: Roster) -> None:
        self.texts = Texts()
        self._workspace = workspace
        self._roster = roster
        self._locks: dict[Path, asyncio.Lock] = {}
        self._stamps: Snapshot = {}
        self._noted: set[Path] = set()
        self._first_look: asyncio.Task[None] | None = None

    def begin(self) -> None:
        """Takes note of what is on disk, in the background; to be called before the first server starts."""
        if self._first_look is None:
            self._first_look = asyncio.create_task(self._look())

    async def end(self) -> None:
        """Stops looking."""
        if self._first_look:
            self._first_look.cancel()
            await asyncio.wait({self._first_look})

    async def put(self, path: Path, servers: Iterable[LanguageServer]) -> str | None:
        """Gives the newest text to the servers and returns it, None if there is no such file. Raises TooLarge.

        Nothing else can change what they know of the file between the reading and the sending.
        """
        async with self._locks.setdefault(path, asyncio.Lock()):
            text, stamp = await self._newest(path)
            unsaved = self.texts.buffer(path) is not None
            if stamp != self._stamps.get(path) and not unsaved:
                self._tell([(path, self._note(path, stamp))])
            for server in servers:
                (_give_unsaved if unsaved else _give)(server, path, text)
            return text

    async def refresh(self, servers: Sequence[LanguageServer], current: Collection[Path]) -> None:
        """Gives the servers what the editor holds, and brings up to date what else they have open.

        `current` are files that have been put just now.
        """
        for path, text in self.texts.buffers():
            for server in servers:
                if path.is_relative_to(server.root):
                    _give_unsaved(server, path, text)
        others = {path for server in servers for path in server.documents.paths()}.difference(current)
        for path in await asyncio.to_thread(self.texts.stale, others) if others else []:
            await self._put_or_close(path, _holding(path, servers))

    def wrote(self, path: Path, text: str | None) -> None:
        """An agent wrote the file, or removed it (None)."""
        self.texts.wrote(path, text)
        self._tell([(path, self._note(path, stamp_of(path)))])
        for server in _holding(path, self._roster.servers):
            _give(server, path, text)
            if text is not None:
                server.saved(path)

    async def disk_changed(self) -> None:
        """Looks for what a command has changed and tells the servers."""
        if self._first_look is None:
            return
        await self._first_look
        now = await asyncio.to_thread(snapshot, self._workspace, self._roster.suffixes())
        changes = difference(self._stamps, now)
        self._stamps = now
        self._tell(changes)
        for path, _ in changes:
            if holding := _holding(path, self._roster.servers):
                await self._put_or_close(path, holding)

    async def _newest(self, path: Path) -> tuple[str | None, Stamp | None]:
        """Reads again if the editor or an agent changed the file while it was read."""
        while True:
            before = self.texts.changes(path)
            text, stamp = await asyncio.to_thread(lambda: (self.texts.read(path), stamp_of(path)))
            if self.texts.changes(path) == before:
                return text, stamp

    async def _put_or_close(self, path: Path, servers: list[LanguageServer]) -> None:
        try:
            await self.put(path, servers)
        except TooLarge:
            for server in servers:
                server.documents.close(path)

    async def _look(self) -> None:
        found = await asyncio.to_thread(snapshot, self._workspace, self._roster.suffixes())
        self._stamps = {**{path: stamp for path, stamp in found.items() if path not in self._noted}, **self._stamps}

    def _note(self, path: Path, stamp: Stamp | None) -> Kind:
        known = path in self._stamps
        self._noted.add(path)
        if stamp is None:
            self._stamps.pop(path, None)
            return DELETED
        self._stamps[path] = stamp
        return CHANGED if known else CREATED

    def _tell(self, changes: list[tuple[Path, Kind]]) -> None:
        relevant = [(path, kind) for path, kind in changes if path.suffix.lower() in self._roster.suffixes()]
        if any(kind != CHANGED for _, kind in relevant):
            self._roster.look_again()
        if relevant:
            for server in self._roster.servers:
                server.files_changed(relevant)


def _holding(path: Path, servers: Iterable[LanguageServer]) -> list[LanguageServer]:
    return [server for server in servers if path in server.documents]


def _give(server: LanguageServer, path: Path, text: str | None) -> None:
    if text is None:
        server.documents.close(path)
    else:
        server.put(path, text)


def _give_unsaved(server: LanguageServer, path: Path, text: str | None) -> None:
    """A file that is opened with another text than the disk's is no change to some servers, so a change follows."""
    opened = path not in server.documents
    _give(server, path, text)
    if opened and path in server.documents:
        server.documents.touch(path)
