"""The tables, as a list of migrations: number n brings `user_version` from n to n+1. Shipped ones never change."""

import sqlite3
from collections.abc import Callable, Sequence

from dispatch_ls.protocol.errors import UserError

FIRST = """
CREATE TABLE events (
    id          INTEGER PRIMARY KEY,
    session_id  TEXT NOT NULL,
    seq         INTEGER NOT NULL,
    time        TEXT NOT NULL,
    type        TEXT NOT NULL,
    turn_id     TEXT,
    item_id     TEXT,
    data        TEXT NOT NULL,
    UNIQUE (session_id, seq)
);
CREATE INDEX events_standing ON events (session_id, seq) WHERE type IN
    ('queue.changed', 'todo.changed', 'permission.requested', 'permission.resolved', 'question.asked',
     'question.resolved');
CREATE INDEX events_decided ON events (id) WHERE type = 'permission.resolved';

CREATE TABLE sessions (
    session_id  TEXT PRIMARY KEY,
    root_id     TEXT NOT NULL,
    depth       INTEGER NOT NULL,
    directory   TEXT NOT NULL,
    created_at  TEXT NOT NULL,
    updated_at  TEXT NOT NULL,
    title       TEXT NOT NULL,
    state       TEXT NOT NULL,
    turn_seq    INTEGER,
    header      TEXT NOT NULL
);
CREATE INDEX sessions_newest ON sessions (updated_at, session_id);
CREATE INDEX sessions_tree ON sessions (root_id, depth, created_at);

CREATE TABLE message_ids (
    session_id  TEXT NOT NULL,
    message_id  TEXT NOT NULL,
    PRIMARY KEY (session_id, message_id)
) WITHOUT ROWID;

CREATE TABLE texts (
    session_id  TEXT NOT NULL,
    seq         INTEGER NOT NULL,
    folded      TEXT NOT NULL
);
CREATE INDEX texts_of_session ON texts (session_id);

CREATE TABLE blobs (
    id          INTEGER PRIMARY KEY,
    blob_id     TEXT NOT NULL UNIQUE,
    session_id  TEXT NOT NULL,
    bytes       BLOB NOT NULL
);
"""
"""`sessions.header` is the whole `Session`, a projection of its events; `turn_seq` is where its open turn started;
`title` and `folded` are case-folded, for searching only."""

MIGRATIONS: tuple[str, ...] = (FIRST,)


def version_of(connection: sqlite3.Connection) -> int:
    """The version of the tables; 0 where there are none."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def migrate(
    connection: sqlite3.Connection, back_up: Callable[[int], None], migrations: Sequence[str] = MIGRATIONS
) -> None:
    """Bring the tables up to date, each step whole or not at all; `back_up(version)` runs before stored rows change."""
    version = version_of(connection)
    if version > len(migrations):
        raise UserError("these conversations were written by a newer version of Dispatch; update it to open them")
    if 0 < version < len(migrations):
        back_up(version)
    for number, statements in enumerate(migrations[version:], start=version + 1):
        try:
            connection.executescript(f"BEGIN IMMEDIATE; {statements}; PRAGMA user_version = {number}; COMMIT;")
        except sqlite3.Error:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
