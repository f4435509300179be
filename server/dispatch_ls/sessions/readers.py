"""Reading beside the writer: a few connections that can't write, each used by one thread at a time."""

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from typing import TypeVar

from dispatch_ls.protocol.errors import Busy
from dispatch_ls.sessions.database import not_stored, open_reader

T = TypeVar("T")
THREADS = 2


class Readers:
    """Runs queries off the loop; a query sees one state of the database, all that was committed before it."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="dispatch-log-read")
        self._idle: SimpleQueue[sqlite3.Connection | None] = SimpleQueue()
        for _ in range(THREADS):
            self._idle.put(None)  # opened when first needed

    async def run(self, query: Callable[[sqlite3.Connection], T]) -> T:
        """The query's result; Busy where there is no database yet, NotStored where the disk can't be read."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._run, query)

    async def close(self) -> None:
        """Let running queries end, then close."""
        await asyncio.to_thread(self._threads.shutdown)
        while not self._idle.empty():
            connection = self._idle.get()
            if connection is not None:
                connection.close()

    def _run(self, query: Callable[[sqlite3.Connection], T]) -> T:
        connection = self._idle.get()
        try:
            connection = connection or self._open()
            return _in_one_state(connection, query)
        except sqlite3.Error as error:
            raise not_stored(error, "read") from error
        finally:
            self._idle.put(connection)

    def _open(self) -> sqlite3.Connection:
        if not self._file.exists():
            raise Busy("the server that holds the conversations is still starting")
        return open_reader(self._file)


def _in_one_state(connection: sqlite3.Connection, query: Callable[[sqlite3.Connection], T]) -> T:
    connection.execute("BEGIN")
    try:
        return query(connection)
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
