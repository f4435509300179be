"""The event log of one workspace: events are committed before anyone is told (SESS-1). The room's front door."""

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from dispatch_ls.protocol.base import now
from dispatch_ls.protocol.errors import Busy
from dispatch_ls.protocol.events import Draft, Event, EventType
from dispatch_ls.protocol.items import Blob
from dispatch_ls.protocol.methods import (
    BlobPart,
    ListSessions,
    PermissionLog,
    PermissionLogQuery,
    ReadBlob,
    SessionList,
    Snapshot,
)
from dispatch_ls.protocol.sessions import Session
from dispatch_ls.sessions import blobs, queries
from dispatch_ls.sessions.database import not_stored, open_database
from dispatch_ls.sessions.files import make_private_directory
from dispatch_ls.sessions.lock import Lock, Owner
from dispatch_ls.sessions.log import Log
from dispatch_ls.sessions.readers import Readers
from dispatch_ls.sessions.recover import Suspended
from dispatch_ls.sessions.settle import settle
from dispatch_ls.sessions.writer import Writer

T = TypeVar("T")
DATABASE = "sessions.db"
LOCK = "sessions.lock"


@dataclass(frozen=True)
class _Held:
    """What only the owner of the database has."""

    lock: Lock
    connection: sqlite3.Connection
    log: Log
    notices: list[str]
    suspended: list[Suspended]


class Store:
    """All sessions of a workspace. Made by `open`, ended by `close`; for use in the loop thread that opened it."""

    def __init__(
        self,
        readers: Readers,
        held: _Held | Owner,
        on_commit: Callable[[str, list[Event]], None],
        clock: Callable[[], datetime],
    ) -> None:
        self._readers = readers
        self._held = held
        self._on_commit = on_commit
        self._clock = clock
        self._writer = Writer(held.connection, held.log.forget) if isinstance(held, _Held) else None

    @property
    def read_only(self) -> Owner | None:
        """The other server that holds the conversations; None where this one does."""
        return self._held if isinstance(self._held, Owner) else None

    @property
    def notices(self) -> list[str]:
        """What the user should know about how the log was opened, such as damage."""
        return [] if isinstance(self._held, Owner) else self._held.notices

    @property
    def suspended(self) -> list[Suspended]:
        """Turns of an earlier server that wait for a permission and are to be resumed."""
        return [] if isinstance(self._held, Owner) else self._held.suspended

    @classmethod
    async def open(
        cls,
        directory: Path,
        *,
        on_commit: Callable[[str, list[Event]], None],
        clock: Callable[[], datetime] = now,
    ) -> "Store":
        """Open the log in a directory of ours, or create it, and settle what an earlier server left unfinished.

        `on_commit(session_id, events)` is called in the loop thread for everything appended from here on.
        Where another server holds the log, the store reads only (`read_only`). UserError where the directory can't
        be used, NotStored where the disk refuses.
        """
        held = await asyncio.to_thread(_hold, directory, clock)
        return cls(Readers(directory / DATABASE), held, on_commit, clock)

    @property
    def trouble(self) -> str | None:
        """Why the last entries were refused by the disk, for the user; None while all goes well."""
        return self._writer.trouble if self._writer else None

    def append(self, session_id: str, drafts: Sequence[Draft]) -> "asyncio.Future[list[Event]]":
        """Log the drafts; all of one call are stored together or not at all.

        The order of calls is the order of `seq`. After the commit `on_commit` is called, then the future resolves.
        It raises NotFound without the session, NotStored where the disk refuses (later calls may succeed again);
        the call itself raises Busy where another server holds the log.
        """
        (held, writer), time, taken = self._own(), self._clock(), tuple(drafts)

        def tell(events: list[Event]) -> None:
            if events:
                self._on_commit(session_id, events)

        return writer.submit(lambda: held.log.append(session_id, taken, time), tell)

    async def create(self, session: Session) -> Session:
        """Begin a session; the header as it is stored."""
        await self.append(session.session_id, [Draft(type=EventType.SESSION_CREATED, data=session.wire())])
        return await self.session(session.session_id)

    async def session(self, session_id: str) -> Session:
        """The header, a projection of the events. NotFound without the session."""
        return await self._read(lambda connection: queries.session(connection, session_id))

    async def tree(self, root_id: str | None = None) -> list[Session]:
        """The sessions of one tree, or all, parents before children. NotFound without the tree."""
        return await self._read(lambda connection: queries.tree(connection, root_id))

    async def events(self, session_id: str, after: int = 0, limit: int | None = None) -> list[Event]:
        """Committed events in order, from `after` + 1 on. NotFound without the session."""
        return await self._read(lambda connection: queries.events(connection, session_id, after, limit))

    async def snapshot(self, session_id: str, after: int = 0) -> Snapshot:
        """All of a session as of one moment (SESS-6); `in_flight` is left to who streams. NotFound without it."""
        return await self._read(lambda connection: queries.whole_snapshot(connection, session_id, after))

    async def message_known(self, session_id: str, message_id: str) -> bool:
        """Whether that message of the user was logged before, as a message or in the queue."""
        return await self._read(lambda connection: queries.message_known(connection, session_id, message_id))

    async def permission_log(self, wanted: PermissionLogQuery) -> PermissionLog:
        """Decisions, newest first (PERM-8)."""
        return await self._read(lambda connection: queries.permission_log(connection, wanted))

    async def put_blob(self, session_id: str, data: bytes) -> Blob:
        """Keep a long value; returns once it is on disk. Raises as `append`."""
        held, writer = self._own()
        return await writer.submit(lambda: blobs.put(held.connection, session_id, data))

    async def read_blob(self, wanted: ReadBlob) -> BlobPart:
        """A piece of a long value, cut between characters. NotFound without the blob."""
        return await self._read(lambda connection: blobs.read(connection, wanted))

    async def flush(self) -> None:
        """Wait until all that was appended so far is on disk, or was refused."""
        if self._writer:
            await self._writer.submit(lambda: None)

    async def close(self) -> None:
        """Commit what waits and let the next server in; may be called twice."""
        await self._readers.close()
        if self._writer and isinstance(self._held, _Held):
            await self._writer.close()
            self._held.lock.release()

    async def _read(self, query: Callable[[sqlite3.Connection], T]) -> T:
        return await self._readers.run(query)

    def _own(self) -> tuple[_Held, Writer]:
        if isinstance(self._held, Owner) or self._writer is None:
            raise Busy(f"{self._held} holds the conversations of this workspace; here they can only be read")
        return self._held, self._writer

    # last, so that the annotations above can say list
    async def list(self, wanted: ListSessions) -> SessionList:
        """A page of sessions, newest first. Invalid where the cursor is not one of ours."""
        return await self._read(lambda connection: queries.list_sessions(connection, wanted))


def _hold(directory: Path, clock: Callable[[], datetime]) -> _Held | Owner:
    make_private_directory(directory)
    lock = Lock.take(directory / LOCK)
    if isinstance(lock, Owner):
        return lock
    try:
        return _open_held(lock, directory / DATABASE, clock())
    except BaseException:
        lock.release()
        raise


def _open_held(lock: Lock, file: Path, time: datetime) -> _Held:
    opened = open_database(file, time)
    log = Log(opened.connection)
    try:
        suspended = settle(opened.connection, log, time)
    except sqlite3.Error as error:
        opened.connection.close()
        raise not_stored(error) from error
    return _Held(lock, opened.connection, log, opened.notices, suspended)
