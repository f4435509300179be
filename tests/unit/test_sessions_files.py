"""The files of the log: private, one owner, migrated whole, and never silently replaced."""

import os
import random
import sqlite3
import stat
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dispatch_ls.protocol.errors import Busy, NotFound, UserError
from dispatch_ls.protocol.methods import ListSessions
from dispatch_ls.sessions.database import connect, make_durable, not_stored, open_database
from dispatch_ls.sessions.schema import MIGRATIONS, version_of
from dispatch_ls.sessions.store import Store
from support.sessions import Told, header, opened, said

WHEN = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


async def filled(directory: Path, sessions: int = 3, messages: int = 50) -> Path:
    """A log with some conversations; the path of its database."""
    async with opened(directory) as store:
        for number in range(sessions):
            await store.create(header(f"ses_{number}"))
            await store.put_blob(f"ses_{number}", b"b" * 5000)
            texts = [said("user", f"{n} {'word ' * 50}", f"itm_{n}", messageId=f"msg_{n}") for n in range(messages)]
            await store.append(f"ses_{number}", texts)
    return directory / "sessions.db"


def modes(directory: Path) -> dict[str, int]:
    return {each.name: stat.S_IMODE(each.stat().st_mode) for each in directory.iterdir()}


def names(directory: Path, part: str) -> list[str]:
    return sorted(each.name for each in directory.iterdir() if part in each.name)


async def test_files_are_for_their_owner_only(tmp_path: Path) -> None:
    directory = tmp_path / "state" / "workspace"
    async with opened(directory) as store:
        await store.create(header())
        assert set(modes(directory)) == {"sessions.db", "sessions.db-wal", "sessions.db-shm", "sessions.lock"}
        assert set(modes(directory).values()) == {0o600}
        assert stat.S_IMODE(directory.stat().st_mode) == 0o700


async def test_files_that_were_open_to_others_are_tightened(tmp_path: Path) -> None:
    database = await filled(tmp_path / "log")
    database.chmod(0o644)
    database.parent.chmod(0o755)
    async with opened(database.parent) as store:
        assert len(await store.tree()) == 3
        assert set(modes(database.parent).values()) == {0o600}
        assert stat.S_IMODE(database.parent.stat().st_mode) == 0o700


@pytest.mark.parametrize("name", ["", "sessions.db", "sessions.lock", "sessions.db-wal"])
async def test_a_link_is_not_followed(tmp_path: Path, name: str) -> None:
    directory, target = tmp_path / "log", tmp_path / "elsewhere"
    if name:
        directory.mkdir()
        target.write_text("precious")
        (directory / name).symlink_to(target)
    else:
        target.mkdir()
        directory.symlink_to(target)
    with pytest.raises(UserError, match=str(directory)):
        await Store.open(directory, on_commit=Told())
    assert target.read_text() == "precious" if name else not list(target.iterdir())


async def test_a_place_that_is_no_directory_is_refused(tmp_path: Path) -> None:
    (tmp_path / "log").write_text("")
    with pytest.raises(UserError, match="can't be kept in"):
        await Store.open(tmp_path / "log", on_commit=Told())


async def test_a_second_server_reads_only_and_names_the_owner(tmp_path: Path) -> None:
    async with opened(tmp_path) as owner:
        await owner.create(header())
        async with opened(tmp_path) as second:
            assert second.read_only is not None
            assert second.read_only.pid == os.getpid()
            await owner.append("ses_1", [said("user", "hello")])
            assert len(await second.events("ses_1")) == 2
            assert [each.message_count for each in (await second.list(ListSessions())).sessions] == [1]
            assert (second.suspended, second.notices, second.trouble) == ([], [], None)
            await second.flush()
            with pytest.raises(Busy, match=str(os.getpid())):
                second.append("ses_1", [said("user", "me too")])
            with pytest.raises(Busy):
                await second.put_blob("ses_1", b"x")
        assert owner.read_only is None
    async with opened(tmp_path) as third:
        assert third.read_only is None


def _empty(database: Path) -> None:
    database.write_bytes(b"")


def _garbage_header(database: Path) -> None:
    database.write_bytes(b"\x00garbage" * 2 + database.read_bytes()[18:])


def _truncated(database: Path) -> None:
    whole = database.read_bytes()
    database.write_bytes(whole[: len(whole) // 2])


def _no_database_at_all(database: Path) -> None:
    database.write_text("this is not a database, but somebody's text\n" * 100)


def _garbage_pages(database: Path) -> None:
    whole = bytearray(database.read_bytes())
    for page in range(3, len(whole) // 4096, 4):
        whole[page * 4096 : (page + 1) * 4096] = random.Random(page).randbytes(4096)
    database.write_bytes(bytes(whole))


def _gone_but_for_its_log(database: Path) -> None:
    database.with_name("sessions.db-wal").write_bytes(b"left over")
    database.unlink()


@pytest.mark.parametrize(
    "damage", [_empty, _garbage_header, _truncated, _no_database_at_all, _garbage_pages, _gone_but_for_its_log]
)
async def test_a_damaged_file_is_set_aside_and_said(tmp_path: Path, damage: Callable[[Path], None]) -> None:
    database = await filled(tmp_path)
    damage(database)
    bytes_before = database.read_bytes() if database.exists() else None
    async with opened(tmp_path, clock=lambda: WHEN) as store:
        aside = tmp_path / "sessions.db.corrupt-20260102T030405"
        (notice,) = store.notices
        assert str(aside) in notice
        if bytes_before is not None:
            assert aside.read_bytes() == bytes_before
        for session in await store.tree():
            events = await store.events(session.session_id)
            assert [event.seq for event in events] == list(range(1, len(events) + 1))
            assert session.message_count == len(events) - 1
        await store.create(header("ses_new"))
    async with opened(tmp_path) as store:
        assert store.notices == []
        assert (await store.session("ses_new")).session_id == "ses_new"


async def test_what_can_be_read_of_a_damaged_file_comes_back(tmp_path: Path) -> None:
    database = await filled(tmp_path, sessions=4, messages=200)
    with closing(sqlite3.connect(database)) as connection:
        (page,) = connection.execute(
            "SELECT max(pageno) FROM dbstat WHERE name = 'events' AND pagetype = 'leaf'"
        ).fetchone()
    whole = bytearray(database.read_bytes())
    whole[(page - 1) * 4096 : page * 4096] = b"\xff" * 4096
    database.write_bytes(bytes(whole))
    async with opened(tmp_path) as store:
        assert "are back" in store.notices[0] or "is back" in store.notices[0]
        for number in range(3):
            assert len(await store.events(f"ses_{number}")) == 201
            assert await store.message_known(f"ses_{number}", "msg_199")
        assert 100 < len(await store.events("ses_3")) < 201
        assert [each.session_id for each in (await store.list(ListSessions(query="199"))).sessions] == [
            "ses_2",
            "ses_1",
            "ses_0",
        ]


async def test_two_damages_within_a_second_are_both_kept(tmp_path: Path) -> None:
    for _ in range(2):
        _empty(await filled(tmp_path))
        async with opened(tmp_path, clock=lambda: WHEN) as store:
            assert store.notices
    assert len(names(tmp_path, "corrupt")) == 2


async def test_a_log_of_a_newer_version_is_refused_and_left_alone(tmp_path: Path) -> None:
    database = await filled(tmp_path)
    with closing(sqlite3.connect(database)) as connection:
        connection.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    before = database.read_bytes()
    with pytest.raises(UserError, match="newer version"):
        await Store.open(tmp_path, on_commit=Told())
    assert database.read_bytes() == before
    with pytest.raises(UserError, match="newer version"):  # and the lock was given back
        await Store.open(tmp_path, on_commit=Told())


async def test_migrations_back_up_first_and_keep_three(tmp_path: Path) -> None:
    database = await filled(tmp_path)
    steps = list(MIGRATIONS)
    for number in range(5):
        steps.append(f"ALTER TABLE blobs ADD COLUMN extra{number} TEXT;")
        with closing(open_database(database, WHEN, steps).connection) as connection:
            assert version_of(connection) == len(steps)
    assert names(tmp_path, "backup") == [f"sessions.db.v{n}.backup" for n in (3, 4, 5)]
    with closing(sqlite3.connect(tmp_path / "sessions.db.v5.backup")) as connection:
        assert connection.execute("SELECT count(*) FROM events").fetchone()[0] == 153


async def test_a_migration_that_fails_changes_nothing(tmp_path: Path) -> None:
    database = await filled(tmp_path)
    steps = [*MIGRATIONS, "CREATE TABLE half (id INTEGER); INSERT INTO nowhere VALUES (1);"]
    with pytest.raises(UserError):
        open_database(database, WHEN, steps)
    async with opened(tmp_path) as store:
        assert len(await store.tree()) == 3
    with closing(sqlite3.connect(database)) as connection:
        assert connection.execute("SELECT count(*) FROM sqlite_schema WHERE name = 'half'").fetchone()[0] == 0


async def test_a_reader_of_a_log_that_is_just_being_made_is_told_to_wait(tmp_path: Path) -> None:
    database = await filled(tmp_path)
    async with opened(tmp_path), opened(tmp_path) as second:
        database.rename(tmp_path / "away")
        with pytest.raises(Busy, match="starting"):
            await second.session("ses_0")
        (tmp_path / "away").rename(database)
        with pytest.raises(NotFound):
            await second.session("ses_9")


async def test_durability_is_read_back_not_believed(tmp_path: Path) -> None:
    database = await filled(tmp_path)
    with closing(connect(database)) as connection:
        assert make_durable(connection) == []
        assert connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
        assert connection.execute("PRAGMA synchronous").fetchone()[0] == 2


def test_without_shared_memory_the_log_is_kept_safely_and_it_is_said(tmp_path: Path) -> None:
    (tmp_path / "log.db").touch()
    with closing(connect(tmp_path / "log.db", vfs="unix-dotfile")) as connection:
        assert len(make_durable(connection)) == 1
        assert connection.execute("PRAGMA journal_mode").fetchone()[0] == "delete"
        assert connection.execute("PRAGMA synchronous").fetchone()[0] == 2


def test_a_full_disk_is_named() -> None:
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("CREATE TABLE t (x)")
        connection.execute("PRAGMA max_page_count = 10")
        with pytest.raises(sqlite3.OperationalError) as full:
            connection.execute("INSERT INTO t VALUES (zeroblob(100000))")
    assert "the disk is full" in str(not_stored(full.value))
