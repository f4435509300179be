"""What was acknowledged survives `kill -9` and a full disk."""

import asyncio
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from dispatch_ls.protocol.sessions import State
from dispatch_ls.sessions.store import Store
from support.sessions import Told, opened

ROUNDS = 100
MOST_ACKNOWLEDGEMENTS = 400
TESTS = Path(__file__).parents[1]
WRITER = [sys.executable, "-m", "support.log_writer"]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(TESTS)}

Acknowledged = dict[tuple[str, int], str]


class Victims:
    """Makes processes that write to a log, and kills them."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._orders, self._news = process.stdin, process.stdout

    def kill_after(self, directory: Path, acknowledgements: int) -> Acknowledged:
        """Let one write until so many acknowledgements were read, kill it, and return all that it gave."""
        self._orders.write(f"{directory}\n")
        self._orders.flush()
        pid = int(self._words()[1])
        seen = [self._words() for _ in range(acknowledgements)]
        os.kill(pid, signal.SIGKILL)
        while (words := self._words()) != ["ended"]:
            seen.append(words)
        return {(session_id, int(seq)): item_id for _, session_id, seq, item_id in seen}

    def _words(self) -> list[str]:
        return self._news.readline().split()


@contextmanager
def victims() -> Iterator[Victims]:
    with subprocess.Popen(WRITER, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=ENVIRONMENT) as process:
        yield Victims(process)


async def check(directory: Path, acknowledged: Acknowledged) -> int:
    """All acknowledged events are stored, nothing has a gap, all turns came to rest; the number of events."""
    stored: Acknowledged = {}
    async with opened(directory) as store:
        assert (store.read_only, store.notices) == (None, [])
        for session in await store.tree():
            events = await store.events(session.session_id)
            assert [event.seq for event in events] == list(range(1, len(events) + 1))
            kinds = [event.type for event in events]
            assert kinds.count("turn.started") == kinds.count("turn.ended")
            assert session.state is State.IDLE
            stored |= {(session.session_id, event.seq): str(event.item_id) for event in events}
    lost = {key for key, item_id in acknowledged.items() if stored.get(key) != item_id}
    assert not lost
    return len(stored)


@pytest.mark.timeout(300)
def test_nothing_acknowledged_is_lost_by_kill_9_at_random_points(tmp_path: Path) -> None:
    chance = random.Random(20260101)
    total = stored = 0
    with victims() as writers:
        for number in range(ROUNDS):
            directory = tmp_path / str(number // 10)  # so that damage would add up, and checking stays quick
            directory.mkdir(exist_ok=True)
            count = chance.choice([0, chance.randrange(20), chance.randrange(MOST_ACKNOWLEDGEMENTS)])
            acknowledged = writers.kill_after(directory, count)
            total += len(acknowledged)
            stored = asyncio.run(check(directory, acknowledged))
            with closing(sqlite3.connect(directory / "sessions.db")) as connection:
                assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert total > ROUNDS
    assert stored > 0


def test_the_lock_of_a_killed_server_is_free(tmp_path: Path) -> None:
    async def open_again() -> None:
        store = await Store.open(tmp_path, on_commit=Told())
        await store.close()
        assert store.read_only is None

    with victims() as writers:
        writers.kill_after(tmp_path, 1)
        asyncio.run(open_again())


def test_a_full_disk_refuses_keeps_what_is_there_and_goes_on_once_there_is_space(tmp_path: Path) -> None:
    done = subprocess.run([*WRITER, str(tmp_path)], env=ENVIRONMENT, capture_output=True, text=True, check=True)
    report = json.loads(done.stdout)
    refused, afterwards = report["trouble"]
    assert report["errors"]
    assert all("can't be saved" in error for error in report["errors"])
    assert done.stderr.count("entries are refused") == 1
    assert refused == report["errors"][-1]
    assert afterwards is None
    seqs = [seq for seq, _ in report["acknowledged"]]
    assert len(seqs) + len(report["errors"]) == 201
    assert seqs == list(range(2, len(seqs) + 2))
    assert report["told"] == [1, *seqs]
    assert report["readable"] == len(seqs)

    async def stored() -> list[list[object]]:
        async with opened(tmp_path) as store:
            assert store.notices == []
            return [[event.seq, event.item_id] for event in await store.events("ses_1", after=1)]

    assert asyncio.run(stored()) == report["acknowledged"]
