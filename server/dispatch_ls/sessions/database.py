"""The database file: opened with what durability needs, checked, and set aside where it is damaged."""

import os
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

from dispatch_ls.protocol.errors import NotStored, UserError
from dispatch_ls.sessions import files, schema
from dispatch_ls.sessions.salvage import salvage

BUSY_MILLISECONDS = 5000
KEPT_BACKUPS = 3
DAMAGE = frozenset({sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT})


class Damaged(Exception):
    """The bytes of the file are not a whole database."""


@dataclass
class Opened:
    """A connection that may write, and what the user should know about how it came to be."""

    connection: sqlite3.Connection
    notices: list[str] = field(default_factory=list)


def open_database(file: Path, moment: datetime, migrations: Sequence[str] = schema.MIGRATIONS) -> Opened:
    """Open or create the log. A damaged file is set aside, whatever of it can be read is taken over, and it is said.

    Raises UserError where the file can't be used, NotStored where the disk refuses.
    """
    for suffix in files.SIDE_FILES:
        files.make_private_file(Path(f"{file}{suffix}"))
    try:
        if not file.exists():
            # a log without its database would be read into the next one of that name
            orphaned = Path(f"{file}-wal").exists()
            return _replace(file, moment, "it was missing", migrations) if orphaned else _create(file, migrations)
        try:
            return _open_sound(file, migrations)
        except Damaged as damage:
            return _replace(file, moment, str(damage), migrations)
    except (sqlite3.Error, OSError) as error:
        raise not_stored(error) from error


def connect(file: Path, *, read_only: bool = False, vfs: str | None = None) -> sqlite3.Connection:
    """A connection in autocommit mode that any one thread at a time may use; `vfs` is SQLite's file layer."""
    options = ["mode=ro" if read_only else "mode=rwc", *([f"vfs={vfs}"] if vfs else [])]
    connection = sqlite3.connect(
        f"file:{quote(str(file))}?{'&'.join(options)}", uri=True, isolation_level=None, check_same_thread=False
    )
    connection.execute(f"PRAGMA busy_timeout = {BUSY_MILLISECONDS}")
    return connection


def make_durable(connection: sqlite3.Connection) -> list[str]:
    """Write-ahead log where the file system can (read back, not believed), every commit synced; returns notices."""
    mode = str(connection.execute("PRAGMA journal_mode = WAL").fetchone()[0])
    connection.execute("PRAGMA synchronous = FULL")
    if mode == "wal":
        return []
    connection.execute("PRAGMA journal_mode = DELETE")
    return ["the file system of the conversations has no shared memory; they are stored safely, but more slowly"]


def not_stored(error: sqlite3.Error | OSError, what: str = "saved") -> NotStored:
    """The error for the user: what was to be written is not kept, and why."""
    if isinstance(error, sqlite3.Error) and getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL:
        return NotStored("the conversation can't be saved: the disk is full; free some space, then go on")
    reason = error.strerror if isinstance(error, OSError) else str(error)
    return NotStored(f"the conversation can't be {what}: {reason}")


def _create(file: Path, migrations: Sequence[str], fill: Callable[[sqlite3.Connection], None] | None = None) -> Opened:
    # Made under another name and renamed: a crash here leaves no empty database that would look like a lost one.
    fresh = file.with_name(f"{file.name}.new")
    for suffix in files.SIDE_FILES:
        Path(f"{fresh}{suffix}").unlink(missing_ok=True)
    os.close(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600))
    connection = connect(fresh)
    try:
        connection.execute("PRAGMA synchronous = FULL")
        schema.migrate(connection, lambda _: None, migrations)
        if fill is not None:
            fill(connection)
    finally:
        connection.close()
    fresh.rename(file)
    files.sync_directory(file.parent)
    connection = connect(file)
    return Opened(connection, make_durable(connection))


def _open_sound(file: Path, migrations: Sequence[str]) -> Opened:
    if file.stat().st_size == 0:
        raise Damaged("it was empty")
    connection = connect(file)
    try:
        notices = make_durable(connection)
        _check(connection)
        schema.migrate(connection, lambda version: _back_up(connection, file, version), migrations)
    except BaseException as error:
        connection.close()
        if isinstance(error, sqlite3.DatabaseError) and _is_damage(error):
            raise Damaged(str(error)) from error
        raise
    return Opened(connection, notices)


def _check(connection: sqlite3.Connection) -> None:
    found = str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])
    if found != "ok":
        raise Damaged(found)
    if schema.version_of(connection) == 0:
        raise Damaged("it holds no conversations")


def _is_damage(error: sqlite3.DatabaseError) -> bool:
    # the low byte is the primary code; the rest only refines it
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in DAMAGE


def _replace(file: Path, moment: datetime, reason: str, migrations: Sequence[str]) -> Opened:
    aside = files.set_aside(file, moment)
    rescued: list[str] = []
    opened = _create(file, migrations, lambda fresh: rescued.append(salvage(aside, fresh)))
    text = f"the stored conversations were damaged ({reason}); the file was set aside as {aside}; {rescued[0]}"
    return Opened(opened.connection, [text, *opened.notices])


def _back_up(connection: sqlite3.Connection, file: Path, version: int) -> None:
    target = file.with_name(f"{file.name}.v{version}.backup")
    target.unlink(missing_ok=True)
    connection.execute("VACUUM INTO ?", (str(target),))
    target.chmod(0o600)
    backups = sorted(file.parent.glob(f"{file.name}.v*.backup"), key=lambda each: each.stat().st_mtime)
    for old in backups[:-KEPT_BACKUPS]:
        old.unlink()


def open_reader(file: Path) -> sqlite3.Connection:
    """A connection that can't write and never checkpoints; UserError where the file is of another version."""
    connection = connect(file, read_only=True)
    if schema.version_of(connection) != len(schema.MIGRATIONS):
        connection.close()
        raise UserError("these conversations are held by another version of Dispatch")
    return connection
