"""An editor that does not read: everybody else goes on, memory stays bounded, nothing durable is lost (PR-14)."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from pathlib import Path

import psutil

from support.conversation import new_session, prompt, say_and_wait
from support.lsp_client import LspClient

Start = Callable[..., Awaitable[LspClient]]

MIB = 1024 * 1024


async def ended_turn(client: LspClient, session: str, text: str, workspace: Path) -> None:
    """Run a whole turn while the client does not read; the host says by a named pipe when it is over."""
    os.mkfifo(workspace / "ended")
    client.begin("dispatch/session/prompt", prompt(session, text))
    assert await asyncio.to_thread((workspace / "ended").read_text) == "ended"


async def test_deltas_are_dropped_and_events_are_not(start: Start, workspace: Path) -> None:
    client = await start(64 * 1024, 64 * MIB)
    await client.initialize(workspace)
    session = await new_session(client)
    client.stop_reading()
    await ended_turn(client, session, "stream 200 20000", workspace)
    client.resume_reading()
    completed = await client.wait_for_event(session, "item.completed")
    await client.wait_for_event(session, "turn.ended")
    assert len(completed["data"]["text"]) == 4_000_000
    told = sum(len(one["text"]) for one in client.said("$/dispatch/delta"))
    assert told < 3_000_000
    assert [event["seq"] for event in client.events(session)] == list(range(2, 2 + len(client.events(session))))


async def test_beyond_the_cap_subscriptions_are_cut_and_the_editor_opens_again(start: Start, workspace: Path) -> None:
    client = await start(64 * 1024, 2 * MIB)
    await client.initialize(workspace)
    session = await new_session(client)
    await client.request("dispatch/session/tree")
    before = psutil.Process(client.process.pid).memory_info().rss
    client.stop_reading()
    await ended_turn(client, session, "flood 1500 20000", workspace)
    # 30 MB of events are in the host; the queue to the editor did not hold them too
    grown = psutil.Process(client.process.pid).memory_info().rss - before
    assert grown < 30 * MIB + 15 * MIB
    client.resume_reading()
    cut = await client.wait_for("dispatch/session/cut")
    assert cut["sessionIds"] == [session, "workspace"]
    known = [event["seq"] for event in client.events(session)]
    assert known == list(range(2, 2 + len(known)))
    last = known[-1] if known else 1
    snapshot = await client.request("dispatch/session/open", {"sessionId": session, "after": last})
    assert [event["seq"] for event in snapshot["events"]] == list(range(last + 1, snapshot["seq"] + 1))
    (workspace / "ended").unlink()
    assert await say_and_wait(client, session, "say again") == "again"


async def test_requests_of_an_editor_that_reads_no_answers_wait_in_its_pipe(start: Start, workspace: Path) -> None:
    client = await start(64 * 1024, 256 * 1024)
    await client.initialize(workspace)
    session = await new_session(client)
    await say_and_wait(client, session, "flood 100 1000")
    client.stop_reading()
    opens = [client.begin("dispatch/session/open", {"sessionId": session})[1] for _ in range(200)]
    client.resume_reading()
    for answer in opens:
        assert (await answer)["seq"] >= 100
