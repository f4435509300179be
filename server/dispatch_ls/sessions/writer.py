"""The one writer: a thread that commits all that waits in one transaction, and tells the loop after the commit."""

import asyncio
import contextlib
import logging
import sqlite3
import threading
from collections.abc import Callable, Sequence
from queue import Empty, SimpleQueue
from typing import Generic, Protocol, TypeVar

from dispatch_ls.protocol.errors import DispatchError, Internal
from dispatch_ls.sessions.database import not_stored

T = TypeVar("T")
LARGEST_BATCH = 1000
"""Jobs in one transaction, so that the first of many does not wait long for its commit."""

logger = logging.getLogger(__name__)


class Waiting(Protocol):
    """What the thread needs to know of a job."""

    def run(self) -> None:
        """Do the work, in the writer's thread and transaction."""

    def fail(self, error: Exception) -> None:
        """Note that the work is undone; in the writer's thread."""

    def tell(self) -> None:
        """Announce what was committed; in the loop thread."""

    def settle(self) -> None:
        """Resolve the future; in the loop thread."""


class Job(Generic[T]):
    """Work for the transaction, and the future that resolves once its result is on disk."""

    def __init__(self, work: Callable[[], T], committed: Callable[[T], None] | None, done: "asyncio.Future[T]") -> None:
        self._work = work
        self._committed = committed
        self.done = done
        self._results: list[T] = []
        self._error: Exception | None = None

    def run(self) -> None:
        """Do the work."""
        self._results = [self._work()]

    def fail(self, error: Exception) -> None:
        """Keep the error for whoever waits."""
        self._error = error

    def tell(self) -> None:
        """Hand the result to the callback."""
        if self._error is None and self._committed is not None:
            try:
                self._committed(self._results[0])
            except Exception:
                # a listener that fails must not keep others from what is committed
                logger.exception("a listener of the log failed")

    def settle(self) -> None:
        """Resolve the future, unless its owner was cancelled meanwhile."""
        if self.done.done():
            return
        if self._error is None:
            self.done.set_result(self._results[0])
            return
        self.done.set_exception(self._error)
        self.done.exception()  # seen: who did not wait for it learns of it from `Writer.trouble`


class Writer:
    """Takes work from the loop thread in order; `rolled_back` is called where a transaction is lost."""

    def __init__(self, connection: sqlite3.Connection, rolled_back: Callable[[], None]) -> None:
        self._connection = connection
        self._rolled_back = rolled_back
        self._loop = asyncio.get_running_loop()
        self._queue: SimpleQueue[Waiting | None] = SimpleQueue()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="dispatch-log", daemon=True)
        self.trouble: str | None = None
        """Why the last transaction was lost; None while all goes well."""
        self._thread.start()

    def submit(self, work: Callable[[], T], committed: Callable[[T], None] | None = None) -> "asyncio.Future[T]":
        """Queue the work. After its commit `committed` is called, then the future resolves, both in the loop thread.

        The future raises what the work raised, or NotStored where the disk refused.
        """
        if self._closed:
            raise Internal("the log is closed")
        job = Job(work, committed, self._loop.create_future())
        self._queue.put(job)
        return job.done

    async def close(self) -> None:
        """Commit what waits, then end the thread and the connection."""
        if not self._closed:
            self._closed = True
            self._queue.put(None)
        await asyncio.to_thread(self._thread.join)

    def _run(self) -> None:
        going_on = True
        while going_on:
            batch, going_on = self._take()
            if batch:
                self._commit(batch)
                self._announce(batch)
        with contextlib.suppress(sqlite3.Error):
            self._connection.close()

    def _take(self) -> tuple[list[Waiting], bool]:
        batch: list[Waiting] = []
        job = self._queue.get()
        try:
            while job is not None:
                batch.append(job)
                if len(batch) == LARGEST_BATCH:
                    return batch, True
                job = self._queue.get_nowait()
        except Empty:
            return batch, True
        return batch, False

    def _commit(self, batch: Sequence[Waiting]) -> None:
        written = self._connection.total_changes
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            for job in batch:
                self._attempt(job)
            self._connection.execute("COMMIT")
            # a transaction that wrote nothing says nothing about the disk
            if self._connection.total_changes > written:
                self.trouble = None
        except sqlite3.Error as error:
            self._give_up(batch, error)

    def _attempt(self, job: Waiting) -> None:
        self._connection.execute("SAVEPOINT job")
        try:
            job.run()
        except sqlite3.Error:
            raise
        except DispatchError as error:
            self._undo(job, error)
        except Exception as error:
            logger.exception("work for the log failed")
            self._undo(job, error)
        self._connection.execute("RELEASE job")

    def _undo(self, job: Waiting, error: Exception) -> None:
        self._connection.execute("ROLLBACK TO job")
        self._rolled_back()
        job.fail(error)

    def _give_up(self, batch: Sequence[Waiting], error: sqlite3.Error) -> None:
        # on a full disk SQLite may have rolled back by itself
        with contextlib.suppress(sqlite3.Error):
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
        self._rolled_back()
        if self.trouble is None:
            logger.error("the log can't be written, entries are refused until it can: %s", error)
        self.trouble = str(not_stored(error))
        for job in batch:
            job.fail(not_stored(error))

    def _announce(self, batch: Sequence[Waiting]) -> None:
        # a loop that is closed has nobody left who waits
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(_announce, batch)


def _announce(batch: Sequence[Waiting]) -> None:
    for job in batch:
        job.tell()
    for job in batch:
        job.settle()
