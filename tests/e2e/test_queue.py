"""Messages to a busy agent, and stopping it, where it is not the usual case (LOOP-5, LOOP-6)."""

import asyncio
from pathlib import Path
from typing import Any

import psutil

from support import promises
from support.conversation import new_session, prompt, say
from support.lsp_client import LspClient
from support.serving import Site, call
from support.turns import WAITS, completed, ended, let_go, runs, said, send

COMMAND = call("run_shell", command=WAITS.format("pipe"))
SCRIPT: list[dict[str, Any]] = [
    {"when": "go", "tool_calls": [COMMAND]},
    {"when": "go", "text": "Done."},
    {"text": "Heard."},
]


def turn_of(client: LspClient, session_id: str) -> dict[str, str]:
    """Which turn each message of the user is in."""
    whole = [event for event in client.events(session_id) if event["type"] == "item.completed"]
    return {event["data"]["text"]: event["turnId"] for event in whole if event["data"].get("role") == "user"}


async def test_a_message_after_the_last_tool_call_is_a_turn_of_its_own(tmp_path: Path) -> None:
    site = Site.made(tmp_path / "site")
    site.play([{"text": "A long answer. " * 40, "chunk": 4, "delay_ms": 5}])
    async with site.serve() as client:
        session_id = await new_session(client)
        await say(client, session_id, "go")
        await client.wait_for("$/dispatch/delta")
        assert await send(client, session_id, "and then?") == "steered"
        assert await send(client, session_id, "and also this") == "steered"
        await ended(client, session_id, 2)
        turns = turn_of(client, session_id)
        assert list(turns) == ["go", "and then?", "and also this"]
        assert turns["go"] != turns["and then?"] == turns["and also this"]
        promises.kept(client, session_id, from_seq=1)


async def test_everything_that_waits_comes_in_order_and_once(tmp_path: Path) -> None:
    site = Site.made(tmp_path / "site")
    site.play(SCRIPT)
    sent = [("one", "steer"), ("two", "auto"), ("three", "queue"), ("four", "queue")]
    async with site.serve() as client:
        session_id = await new_session(client)
        await say(client, session_id, "go")
        await runs(client, session_id)
        for text, delivery in sent:
            assert await send(client, session_id, text, delivery, text) == (
                "queued" if delivery == "queue" else "steered"
            )
            await send(client, session_id, "again", delivery, text)
        await let_go(site.root / "pipe")
        await ended(client, session_id, 3)
        turns = turn_of(client, session_id)
        assert list(turns) == ["go", "one", "two", "three", "four"]
        assert turns["go"] == turns["one"] == turns["two"]
        assert len({turns["go"], turns["three"], turns["four"]}) == 3
        assert (await send(client, session_id, "again", "auto", "four")) == "started"
        state = await client.request("dispatch/session/open", {"sessionId": session_id})
        assert said(state["events"]) == list(turns)
        assert state["queue"] == []
        promises.kept(client, session_id, from_seq=1)


async def test_a_steering_message_does_not_wait_behind_one_that_waits_for_the_end(tmp_path: Path) -> None:
    site = Site.made(tmp_path / "site")
    site.play(SCRIPT)
    async with site.serve() as client:
        session_id = await new_session(client)
        await say(client, session_id, "go")
        await runs(client, session_id)
        await send(client, session_id, "when you are done", "queue")
        await send(client, session_id, "mind this now", "steer")
        await let_go(site.root / "pipe")
        await ended(client, session_id, 2)
        turns = turn_of(client, session_id)
        assert turns["mind this now"] == turns["go"]
        assert turns["when you are done"] != turns["go"]


async def test_many_messages_at_once_are_all_there_in_the_order_in_which_they_were_sent(tmp_path: Path) -> None:
    site = Site.made(tmp_path / "site")
    site.play(SCRIPT)
    async with site.serve() as client:
        session_id = await new_session(client)
        await say(client, session_id, "go")
        await runs(client, session_id)
        texts = [f"message {number}" for number in range(100)]
        await asyncio.gather(*(send(client, session_id, text, "auto", text) for text in texts))
        await let_go(site.root / "pipe")
        await ended(client, session_id)
        assert said(client.events(session_id)) == ["go", *texts]


async def test_what_waits_survives_a_kill_and_comes_first_with_the_next_message(tmp_path: Path) -> None:
    site = Site.made(tmp_path / "site")
    site.play(SCRIPT)
    async with site.serve() as client:
        session_id = await new_session(client)
        await say(client, session_id, "go")
        await runs(client, session_id)
        await send(client, session_id, "first", "auto")
        await send(client, session_id, "second", "queue")
        await client.kill()
    site.play([{"text": "Heard."}])
    async with site.serve() as client:
        snapshot = await client.request("dispatch/session/open", {"sessionId": session_id})
        assert [each["content"][0]["text"] for each in snapshot["queue"]] == ["first", "second"]
        assert snapshot["session"]["state"] == "idle"
        await say(client, session_id, "third")
        await ended(client, session_id)
        assert said(client.events(session_id)) == ["first", "second", "third"]


STUBBORN = """\
import os, signal, subprocess, sys
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen(["sleep", "1000"], start_new_session=True)
with open("pids", "w") as file:
    file.write(f"{os.getpid()} {child.pid}")
print("started", flush=True)
child.wait()
"""
"""Ignores a polite end, and has a child that left its process group."""


def alive(pid: int) -> bool:
    """Whether it runs: one that waits for its parent to take notice has ended."""
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


async def test_stop_ends_the_whole_tree_also_when_it_is_pressed_twice(tmp_path: Path) -> None:
    site = Site.made(tmp_path / "site", files={"stubborn.py": STUBBORN})
    again = [call("run_shell", command="python3 stubborn.py"), call("run_shell", command="python3 stubborn.py; true")]
    site.play([{"text": "I'll wait.", "tool_calls": again}, {"text": "Again."}])
    async with site.serve() as client:
        session_id = await new_session(client)
        await say(client, session_id, "go")
        await runs(client, session_id)
        stop = ("dispatch/session/cancel", {"sessionId": session_id})
        await asyncio.gather(client.request(*stop), client.request(*stop), client.request(*stop))
        assert (await ended(client, session_id))["data"]["stopReason"] == "cancelled"
        calls = completed(client.events(session_id), kind="tool_call")
        assert [item["status"] for item in calls] == ["cancelled", "cancelled"]
        assert said(client.events(session_id), "assistant") == ["I'll wait."]
        assert not any(alive(int(pid)) for pid in (site.root / "pids").read_text().split())
        promises.kept(client, session_id, from_seq=1)
        await say(client, session_id, "next")
        assert (await ended(client, session_id, 2))["data"]["stopReason"] == "end_turn"


async def test_stop_while_text_streams_keeps_it_and_marks_it(tmp_path: Path) -> None:
    site = Site.made(tmp_path / "site")
    site.play([{"text": "word " * 4000, "chunk": 5, "delay_ms": 1}])
    async with site.serve() as client:
        session_id = await new_session(client)
        await say(client, session_id, "go")
        await client.wait_for("$/dispatch/delta", lambda delta: delta["offset"] > 100)
        await client.request("dispatch/session/cancel", {"sessionId": session_id})
        assert (await ended(client, session_id))["data"]["stopReason"] == "cancelled"
        (message,) = completed(client.events(session_id), role="assistant")
        assert message["truncated"] is True
        assert 100 < len(message["text"]) < 20_000
        promises.kept(client, session_id, from_seq=1)


async def test_stop_sent_right_after_a_message_stops_its_turn(tmp_path: Path) -> None:
    site = Site.made(tmp_path / "site")
    site.play([{"text": "word " * 4000, "chunk": 5, "delay_ms": 1}])
    async with site.serve() as client:
        session_id = await new_session(client)
        for count in range(1, 11):
            _, started = client.begin("dispatch/session/prompt", prompt(session_id, "go"))
            _, stopped = client.begin("dispatch/session/cancel", {"sessionId": session_id})
            await asyncio.gather(started, stopped)
            assert (await ended(client, session_id, count))["data"]["stopReason"] == "cancelled"
        promises.kept(client, session_id, from_seq=1)


async def test_stop_while_a_request_is_open_closes_it(tmp_path: Path) -> None:
    site = Site.made(tmp_path / "site")
    site.play([{"tool_calls": [COMMAND]}, {"text": "Unreached."}])
    async with site.serve() as client:
        session_id = await new_session(client)
        await say(client, session_id, "go")
        request = (await client.wait_for_event(session_id, "permission.requested"))["data"]
        await client.request("dispatch/session/cancel", {"sessionId": session_id})
        resolved = (await client.wait_for_event(session_id, "permission.resolved"))["data"]
        assert (resolved["decision"], resolved["by"]) == ("deny", "policy")
        late: dict[str, Any] = {"permissionId": request["permissionId"], "decision": "allow", "scope": "once"}
        assert not (await client.request("dispatch/permission/reply", late))["accepted"]
        assert not (site.root / "pipe").exists()
        state = await client.request("dispatch/session/open", {"sessionId": session_id})
        assert (state["session"]["state"], state["permissions"]) == ("idle", [])
        promises.kept(client, session_id, from_seq=1)
