"""Numbered events and what follows from them, written in one transaction. Used by one thread at a time."""

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from pydantic import ValidationError

from dispatch_ls.protocol.errors import Internal, Invalid, NotFound
from dispatch_ls.protocol.events import Draft, Event, EventType
from dispatch_ls.protocol.sessions import WORKSPACE, Session
from dispatch_ls.sessions import rows, snapshot


@dataclass(frozen=True)
class Head:
    """The end of one session's log; `session` is None for the news of the workspace, which has no header."""

    seq: int = 0
    session: Session | None = None
    turn_seq: int | None = None


class Log:
    """The writing half of the event log. The caller holds the transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._heads: dict[str, Head] = {}

    def append(self, session_id: str, drafts: Sequence[Draft], time: datetime) -> list[Event]:
        """Number and store the drafts. NotFound without the session; nothing is stored where it raises."""
        head = self.head(session_id)
        events = [_event(draft, head.seq + count, time) for count, draft in enumerate(drafts, start=1)]
        self._check_beginning(session_id, head, events)
        self.add(session_id, events)
        return events

    def add(self, session_id: str, events: Sequence[Event]) -> None:
        """Store events that carry on where the log of the session ends."""
        if not events:
            return
        head = self.head(session_id)
        after = _advance(session_id, head, events)
        self._store_events(session_id, events)
        self._store_messages(session_id, events)
        if after.session is not None:
            self._store_header(after.session, after.turn_seq)
        self._heads[session_id] = after

    def forget(self) -> None:
        """After a transaction that was rolled back: what was remembered may not be stored."""
        self._heads.clear()

    def head(self, session_id: str) -> Head:
        """The end of the session's log; that of an unknown one is at 0."""
        if session_id not in self._heads:
            self._heads[session_id] = self._read_head(session_id)
        return self._heads[session_id]

    def _read_head(self, session_id: str) -> Head:
        last = self._connection.execute("SELECT max(seq) FROM events WHERE session_id = ?", (session_id,)).fetchone()
        header = self._connection.execute(
            "SELECT header, turn_seq FROM sessions WHERE session_id = ?", (session_id,)
        ).fetchone()
        if header is None:
            return Head(seq=last[0] or 0)
        return Head(seq=last[0] or 0, session=rows.header_of(header[0]), turn_seq=header[1])

    def _check_beginning(self, session_id: str, head: Head, events: Sequence[Event]) -> None:
        if session_id == WORKSPACE:
            return
        creates = any(event.type == EventType.SESSION_CREATED for event in events)
        if head.session is not None and creates:
            raise Invalid(f"there is a session {session_id} already")
        if head.session is None and not creates:
            self._heads.pop(session_id, None)
            raise NotFound(f"there is no session {session_id}")

    def _store_events(self, session_id: str, events: Iterable[Event]) -> None:
        self._connection.executemany(
            f"INSERT INTO events (session_id, {rows.EVENT_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)",
            [(session_id, *rows.event_row(event)) for event in events],
        )

    def _store_messages(self, session_id: str, events: Iterable[Event]) -> None:
        for event in events:
            for message_id in snapshot.message_ids(event):
                self._connection.execute(
                    "INSERT OR IGNORE INTO message_ids (session_id, message_id) VALUES (?, ?)", (session_id, message_id)
                )
            if text := snapshot.message_text(event):
                self._connection.execute(
                    "INSERT INTO texts (session_id, seq, folded) VALUES (?, ?, ?)",
                    (session_id, event.seq, rows.folded(text)),
                )

    def _store_header(self, session: Session, turn_seq: int | None) -> None:
        self._connection.execute(
            """INSERT INTO sessions
               (session_id, root_id, depth, directory, created_at, updated_at, title, state, turn_seq, header)
               VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
               ON CONFLICT (session_id) DO UPDATE SET
               directory = excluded.directory, updated_at = excluded.updated_at, title = excluded.title,
               state = excluded.state, turn_seq = excluded.turn_seq, header = excluded.header""",
            (
                session.session_id,
                session.root_id,
                session.depth,
                session.directory,
                rows.time_text(session.created_at),
                rows.time_text(session.updated_at),
                rows.folded(session.title),
                session.state,
                turn_seq,
                rows.header_text(session),
            ),
        )


def _event(draft: Draft, seq: int, time: datetime) -> Event:
    return Event.model_construct(
        seq=seq,
        time=time,
        type=str(draft.type),
        turn_id=draft.turn_id,
        item_id=draft.item_id,
        data=rows.storable(draft.data),
    )


def _advance(session_id: str, head: Head, events: Sequence[Event]) -> Head:
    if [event.seq for event in events] != list(range(head.seq + 1, head.seq + 1 + len(events))):
        raise Internal(f"the log of {session_id} would have a gap after {head.seq}")
    if session_id == WORKSPACE:
        return Head(seq=events[-1].seq)
    try:
        session = snapshot.fold_session(events, head.session)
    except ValidationError as error:
        raise Invalid(f"an event of {session_id} has not the shape of its type: {error.errors()[0]['msg']}") from error
    if session.session_id != session_id:
        raise Invalid(f"session.created names {session.session_id}, not {session_id}")
    return Head(seq=events[-1].seq, session=session, turn_seq=snapshot.open_turn(events, head.turn_seq))
