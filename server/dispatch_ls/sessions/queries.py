"""What is asked of the log. Each function runs in one read transaction."""

import base64
import binascii
import json
import sqlite3

from dispatch_ls.protocol.errors import Invalid, NotFound
from dispatch_ls.protocol.events import Event
from dispatch_ls.protocol.methods import (
    ListSessions,
    PermissionLog,
    PermissionLogEntry,
    PermissionLogQuery,
    SessionList,
    Snapshot,
)
from dispatch_ls.protocol.sessions import WORKSPACE, Session
from dispatch_ls.sessions import rows, snapshot

_STANDING = ", ".join(f"'{kind}'" for kind in snapshot.STANDING)
_CONTAINS = """(instr(sessions.title, ?) OR EXISTS (
    SELECT 1 FROM texts WHERE texts.session_id = sessions.session_id AND instr(texts.folded, ?)))"""


def session(connection: sqlite3.Connection, session_id: str) -> Session:
    """The header; NotFound without the session."""
    row = connection.execute("SELECT header FROM sessions WHERE session_id = ?", (session_id,)).fetchone()
    if row is None:
        raise NotFound(f"there is no session {session_id}")
    return rows.header_of(row[0])


def events(connection: sqlite3.Connection, session_id: str, after: int, limit: int | None) -> list[Event]:
    """Events in order from `after` + 1 on."""
    if session_id != WORKSPACE:
        session(connection, session_id)
    found = connection.execute(
        f"SELECT {rows.EVENT_COLUMNS} FROM events WHERE session_id = ? AND seq > ? ORDER BY seq LIMIT ?",
        (session_id, after, -1 if limit is None else limit),
    )
    return [rows.event_of(row) for row in found]


def whole_snapshot(connection: sqlite3.Connection, session_id: str, after: int) -> Snapshot:
    """The session as of its last committed event, with the events the client lacks."""
    header = session(connection, session_id)
    last = connection.execute("SELECT max(seq) FROM events WHERE session_id = ?", (session_id,)).fetchone()
    made_of = standing(connection, session_id)
    return Snapshot.model_construct(
        session=header,
        seq=last[0] or 0,
        events=events(connection, session_id, after, None),
        in_flight=[],
        queue=snapshot.queue_of(made_of),
        todos=snapshot.todos_of(made_of),
        permissions=snapshot.open_permissions(made_of),
        questions=snapshot.open_questions(made_of),
    )


def tree(connection: sqlite3.Connection, root_id: str | None) -> list[Session]:
    """The sessions of one tree, or all, parents before children; NotFound without the tree."""
    condition, values = ("root_id = ?", (root_id,)) if root_id else ("TRUE", ())
    found = connection.execute(
        f"SELECT header FROM sessions WHERE {condition} ORDER BY depth, created_at, session_id", values
    ).fetchall()
    if root_id is not None and not found:
        raise NotFound(f"there is no session {root_id}")
    return [rows.header_of(row[0]) for row in found]


def list_sessions(connection: sqlite3.Connection, wanted: ListSessions) -> SessionList:
    """A page of sessions, newest first; each word of `query` must occur in the title or in a message."""
    conditions, values = _conditions(wanted)
    found = connection.execute(
        f"""SELECT header FROM sessions WHERE {" AND ".join(["TRUE", *conditions])}
            ORDER BY updated_at DESC, session_id DESC LIMIT ?""",
        (*values, wanted.limit + 1),
    ).fetchall()
    page = [rows.header_of(row[0]) for row in found[: wanted.limit]]
    return SessionList(sessions=page, next_cursor=_cursor(page[-1]) if len(found) > wanted.limit else None)


def permission_log(connection: sqlite3.Connection, wanted: PermissionLogQuery) -> PermissionLog:
    """What was decided, newest first (PERM-8)."""
    found = connection.execute(
        """SELECT time, data FROM events
           WHERE type = 'permission.resolved' AND (?1 IS NULL OR session_id = ?1) ORDER BY id DESC LIMIT ?2""",
        (wanted.session_id, wanted.limit),
    )
    entries = [PermissionLogEntry.model_validate({**json.loads(data), "time": time}) for time, data in found]
    return PermissionLog(entries=entries)


def message_known(connection: sqlite3.Connection, session_id: str, message_id: str) -> bool:
    """Whether a message of the user by that id has arrived before."""
    found = connection.execute(
        "SELECT 1 FROM message_ids WHERE session_id = ? AND message_id = ?", (session_id, message_id)
    )
    return found.fetchone() is not None


def unsettled(connection: sqlite3.Connection) -> list[tuple[Session, int | None]]:
    """Sessions that were not at rest, with the `seq` where their open turn started."""
    found = connection.execute(
        "SELECT header, turn_seq FROM sessions WHERE turn_seq IS NOT NULL OR state IN "
        "('running', 'waiting', 'waiting_for_key') ORDER BY created_at, session_id"
    )
    return [(rows.header_of(header), turn_seq) for header, turn_seq in found]


def standing(connection: sqlite3.Connection, session_id: str) -> list[Event]:
    """The events that queue, to-do list and open requests are made of."""
    found = connection.execute(
        f"""SELECT {rows.EVENT_COLUMNS} FROM events WHERE session_id = ? AND type IN ({_STANDING}) ORDER BY seq""",
        (session_id,),
    )
    return [rows.event_of(row) for row in found]


def _conditions(wanted: ListSessions) -> tuple[list[str], list[str]]:
    conditions: list[str] = []
    values: list[str] = []

    def add(condition: str, *parameters: str) -> None:
        conditions.append(condition)
        values.extend(parameters)

    for word in rows.folded(wanted.query or "").split():
        add(_CONTAINS, word, word)
    if wanted.since:
        add("updated_at >= ?", rows.time_text(wanted.since))
    if wanted.until:
        add("created_at <= ?", rows.time_text(wanted.until))
    if wanted.project:
        project = wanted.project.rstrip("/") + "/"
        add("substr(directory || '/', 1, length(?)) = ?", project, project)
    if wanted.cursor:
        add("(updated_at, session_id) < (?, ?)", *_place(wanted.cursor))
    return conditions, values


def _cursor(last: Session) -> str:
    return base64.urlsafe_b64encode(json.dumps([rows.time_text(last.updated_at), last.session_id]).encode()).decode()


def _place(cursor: str) -> tuple[str, str]:
    try:
        updated_at, session_id = json.loads(base64.urlsafe_b64decode(cursor))
        return str(updated_at), str(session_id)
    except (binascii.Error, ValueError, TypeError) as error:
        raise Invalid("the cursor is not one that a page of sessions gave") from error
