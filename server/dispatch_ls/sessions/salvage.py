"""What can still be read of a damaged database, taken over into a fresh one."""

import contextlib
import json
import sqlite3
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from urllib.parse import quote

from dispatch_ls.protocol.errors import DispatchError
from dispatch_ls.protocol.events import Event
from dispatch_ls.sessions import rows
from dispatch_ls.sessions.log import Log

UNREADABLE_STRETCHES = 1000
"""How many unreadable places are passed over before the rest is given up."""

Row = Sequence[object]


def salvage(damaged: Path, fresh: sqlite3.Connection) -> str:
    """Copy each session up to its first unreadable event, and all readable long values; say how much that was."""
    sessions = count = 0
    fresh.execute("BEGIN IMMEDIATE")
    with contextlib.suppress(sqlite3.Error), contextlib.closing(_open(damaged)) as old:
        log = Log(fresh)
        for session_id, events in _events_by_session(old):
            kept = _keep(log, session_id, events)
            sessions, count = sessions + bool(kept), count + kept
        _copy_blobs(old, fresh)
    fresh.execute("COMMIT")
    if not count:
        return "nothing of it could be read"
    return f"what could be read of it is back: {count} entries of {sessions} conversation{'s' * (sessions != 1)}"


def _open(damaged: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(f"file:{quote(str(damaged))}?mode=ro", uri=True, isolation_level=None)
    # a text that is no UTF-8 makes one row unreadable, not the whole query
    connection.text_factory = bytes
    return connection


def _events_by_session(old: sqlite3.Connection) -> Iterator[tuple[str, Iterator[Event]]]:
    found = {}
    for _, session_id, *row in _readable(old, "events", f"session_id, {rows.EVENT_COLUMNS}"):
        if isinstance(session_id, bytes) and isinstance(row[0], int):
            found[session_id, row[0]] = row
    for key, keys in groupby(sorted(found), key=lambda each: each[0]):
        yield key.decode("utf-8", "replace"), _whole_events([found[each] for each in keys])


def _whole_events(stored: Sequence[Row]) -> Iterator[Event]:
    for row in stored:
        try:
            yield _event(row)
        except (ValueError, TypeError):
            return


def _event(row: Row) -> Event:
    seq, time, kind, turn_id, item_id, data = (each.decode() if isinstance(each, bytes) else each for each in row)
    parsed = json.loads(str(data))
    return Event.model_validate(
        {"seq": seq, "time": time, "type": kind, "turn_id": turn_id, "item_id": item_id, "data": parsed}
    )


def _keep(log: Log, session_id: str, events: Iterator[Event]) -> int:
    kept = 0
    with contextlib.suppress(DispatchError):
        for event in events:
            log.add(session_id, [event])  # refuses what would leave a gap
            kept += 1
    return kept


def _copy_blobs(old: sqlite3.Connection, fresh: sqlite3.Connection) -> None:
    for row in _readable(old, "blobs", "CAST(blob_id AS TEXT), CAST(session_id AS TEXT), bytes"):
        blob_id, session_id, data = (each if isinstance(each, bytes) else b"" for each in row[1:])
        fresh.execute(
            "INSERT OR IGNORE INTO blobs (blob_id, session_id, bytes) VALUES (?, ?, ?)",
            (blob_id.decode("utf-8", "replace"), session_id.decode("utf-8", "replace"), data),
        )


def _readable(old: sqlite3.Connection, table: str, columns: str) -> Iterator[Row]:
    last, stride, failures = 0, 1, 0
    while failures < UNREADABLE_STRETCHES:
        try:
            for row in old.execute(f"SELECT id, {columns} FROM {table} WHERE id >= ? ORDER BY id", (last + stride,)):
                yield row
                last, stride = int(row[0]), 1
        except (sqlite3.Error, OverflowError):
            # the page after `last` can't be read: try further and further on
            failures, stride = failures + 1, stride * 2
            continue
        return
