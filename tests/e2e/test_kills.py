"""`kill -9` at random points of running turns: what was told stays true, and nothing runs twice (SESS-1, DB-01)."""

import asyncio
import random
import sqlite3
from collections import Counter
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from support.conversation import prompt
from support.lsp_client import LspClient
from support.serving import Site, answer, call

KILLS = 10
"""In each of the tests below: 100 in all."""

TEXT = "A line of text that streams. " * 12


def script() -> list[dict[str, Any]]:
    """Text, a command that leaves a trace, reads, and the end."""
    trace = call("run_shell", command="echo $$ >> trace.txt")
    return [
        {"text": TEXT, "tool_calls": [call("read_file", path="a.txt"), call("list_files")], "chunk": 7},
        {"text": TEXT, "tool_calls": [trace], "chunk": 7},
        {"thought": TEXT, "text": TEXT, "tool_calls": [call("read_file", path="a.txt")], "chunk": 7},
        {"text": TEXT, "chunk": 7},
    ]


@pytest.mark.parametrize("seed", range(10))
async def test_nothing_told_is_lost_and_nothing_runs_twice(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    site = Site.made(tmp_path / "site", script(), {"a.txt": "hello\n"})
    told: dict[int, dict[str, Any]] = {}
    session_id = ""
    for kill in range(KILLS):
        async with site.serve() as client:
            session_id = await opened(client, session_id, told)
            watching = asyncio.ensure_future(allow_all(client, session_id, told))
            await ask_unless_running(client, session_id, f"m{seed}-{kill}")
            await client.wait_until(after(client, chance.randrange(1, 120)))
            client.process.kill()
            await client.process.wait()
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)
            remember(told, client.events(session_id))
        assert whole(site)
    async with site.serve() as client:
        session_id = await opened(client, session_id, told)
        watching = asyncio.ensure_future(allow_all(client, session_id, told))
        await finished(client, session_id)
        await client.request("dispatch/session/prompt", prompt(session_id, "once more"))
        ended = await client.wait_for_event(
            session_id,
            "turn.ended",
            lambda event: event["seq"] > max(told) and event["data"]["stopReason"] == "end_turn",
        )
        assert ended
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
        snapshot = await client.request("dispatch/session/open", {"sessionId": session_id})
    ran_once(site, snapshot["events"])


async def opened(client: LspClient, session_id: str, told: dict[int, dict[str, Any]]) -> str:
    """Open the session anew, whole: all that was ever told is there, without a gap."""
    if not session_id:
        session_id = (await client.request("dispatch/session/new"))["sessionId"]
    snapshot = await client.request("dispatch/session/open", {"sessionId": session_id})
    events = snapshot["events"]
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    stored = {event["seq"]: event for event in events}
    assert all(stored.get(seq) == event for seq, event in told.items())
    remember(told, events)
    return session_id


def remember(told: dict[int, dict[str, Any]], events: list[dict[str, Any]]) -> None:
    for event in events:
        told[event["seq"]] = event


async def ask_unless_running(client: LspClient, session_id: str, message_id: str) -> None:
    """What the client was told of is queued or started; the answer itself may be lost with the server."""
    await client.request("dispatch/session/prompt", prompt(session_id, "go", message_id))


async def allow_all(client: LspClient, session_id: str, told: dict[int, dict[str, Any]]) -> None:
    """Be a user who allows everything: what was open before, and what is asked from now on."""
    answered = set[str]()
    while True:
        await client.wait_until(lambda: bool(still_open(client, session_id, told, answered)))
        for permission in still_open(client, session_id, told, answered):
            answered.add(permission["permissionId"])
            await answer(client, permission)


def still_open(
    client: LspClient, session_id: str, told: dict[int, dict[str, Any]], answered: set[str]
) -> list[dict[str, Any]]:
    events = [*told.values(), *client.events(session_id)]
    asked = {e["data"]["permissionId"]: e["data"] for e in events if e["type"] == "permission.requested"}
    resolved = {e["data"]["permissionId"] for e in events if e["type"] == "permission.resolved"}
    return [data for key, data in asked.items() if key not in resolved | answered]


def after(client: LspClient, messages: int) -> Any:
    """True once so many more messages have come, or the turn is over."""
    start = len(client.raw)
    return lambda: (
        len(client.raw) >= start + messages
        or any(event["type"] == "turn.ended" for one in client.said("dispatch/events") for event in one["events"])
    )


async def finished(client: LspClient, session_id: str) -> None:
    """Wait until a turn that was resumed has ended."""
    while True:
        seen = len(client.heard)  # before asking: what comes with the answer counts as newer
        tree = await client.request("dispatch/session/tree")
        if all(session["state"] == "idle" for session in tree["sessions"]):
            return
        await client.wait_until(partial(_more, client, seen))


def _more(client: LspClient, seen: int) -> bool:
    return len(client.heard) > seen


def whole(site: Site) -> bool:
    database = next(site.state.glob("workspaces/*/sessions.db"))
    with sqlite3.connect(database) as connection:
        return bool(connection.execute("PRAGMA integrity_check").fetchone() == ("ok",))


def ran_once(site: Site, events: list[dict[str, Any]]) -> None:
    """Each command left at most one trace, and one that is said to have completed left exactly one."""
    commands = {
        event["itemId"]: event["data"]["status"]
        for event in events
        if event["type"] == "item.completed" and event["data"].get("tool") == "run_shell"
    }
    trace = site.root / "trace.txt"
    lines = trace.read_text().split() if trace.exists() else []
    assert all(count == 1 for count in Counter(lines).values())
    completed = sum(status == "completed" for status in commands.values())
    interrupted = sum(status == "interrupted" for status in commands.values())
    assert completed <= len(lines) <= completed + interrupted
