"""What a killed server leaves behind, and what the next one makes of it (SESS-1, SESS-6, DB-01, PERM-3)."""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from support import promises
from support.conversation import new_session, prompt, say
from support.lsp_client import LspClient
from support.model_server import ModelServer, sse
from support.model_streams import Call, Said, chat_stream
from support.serving import Site, answer, call
from support.turns import asked, completed, ended, runs, said, send

ENDLESS = "echo x >> ran; echo $$ > pid; echo started; exec sleep 1000"


@contextlib.asynccontextmanager
async def reopened(site: Site, session_id: str) -> AsyncIterator[tuple[LspClient, dict[str, Any]]]:
    """The next server, and the session as it opens there."""
    async with site.serve() as client:
        yield client, await client.request("dispatch/session/open", {"sessionId": session_id})


async def gone(pid: int) -> None:
    """Wait until a process of the server that was killed has ended, too."""
    with contextlib.suppress(psutil.NoSuchProcess):
        process = psutil.Process(pid)
        if process.status() != psutil.STATUS_ZOMBIE:
            await asyncio.to_thread(psutil.wait_procs, [process], 30)
        assert not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


async def test_a_running_command_is_marked_ends_with_the_server_and_does_not_run_again(tmp_path: Path) -> None:
    site = Site.made(tmp_path / "site", files={"a.txt": "one\n"})
    site.play(
        [
            {"when": "go", "tool_calls": [call("read_file", path="a.txt"), call("run_shell", command=ENDLESS)]},
            {"when": "next", "text": "Fine."},
        ]
    )
    async with site.serve() as client:
        session_id = await new_session(client)
        await say(client, session_id, "go")
        await runs(client, session_id)
        told = client.events(session_id)
        pid = int((site.root / "pid").read_text())
        await client.kill()
    await gone(pid)
    async with reopened(site, session_id) as (client, snapshot):
        assert snapshot["events"][1 : len(told) + 1] == told
        promises.without_gap([event["seq"] for event in snapshot["events"]])
        promises.turns_end_last(snapshot["events"])
        read, ran = completed(snapshot["events"], kind="tool_call")
        assert (read["status"], ran["status"]) == ("completed", "interrupted")
        assert "outcome unknown" in ran["output"]
        assert ran["input"]["command"] == ENDLESS
        end = snapshot["events"][-2:]
        assert [event["data"].get("stopReason", event["data"].get("state")) for event in end] == ["error", "idle"]
        assert snapshot["session"]["state"] == "idle"
        await say(client, session_id, "next")
        await ended(client, session_id)
        assert said(client.events(session_id), "assistant") == ["Fine."]
    assert (site.root / "ran").read_text() == "x\n"


async def test_what_streamed_for_more_than_a_second_is_there_after_a_kill(tmp_path: Path) -> None:
    site = Site.made(tmp_path / "site")
    site.play([{"thought": "Hm.", "text": "word " * 4000, "chunk": 5, "delay_ms": 1}])
    async with site.serve() as client:
        session_id = await new_session(client)
        await say(client, session_id, "go")
        begun = await client.wait_for_event(
            session_id, "item.updated", lambda one: one["data"].get("kind") == "message"
        )
        logged = await client.wait_for_event(
            session_id, "item.updated", lambda one: "append" in one["data"] and one["itemId"] == begun["itemId"]
        )
        await client.kill()
    async with reopened(site, session_id) as (_, snapshot):
        (message,) = completed(snapshot["events"], kind="message", role="assistant")
        assert message["text"].startswith(logged["data"]["append"]["text"])
        assert message["truncated"] is True
        assert [thought["text"] for thought in completed(snapshot["events"], kind="thought")] == ["Hm."]


async def test_what_was_cut_off_before_its_text_was_stored_is_a_whole_item_too(tmp_path: Path) -> None:
    site = Site.made(tmp_path / "site")
    site.play([{"thought": "Hm.", "text": "word " * 4000, "chunk": 5, "delay_ms": 1}])
    async with site.serve() as client:
        session_id = await new_session(client)
        await say(client, session_id, "go")
        await client.wait_for("$/dispatch/delta", lambda delta: delta["field"] == "text")
        await client.kill()
    async with reopened(site, session_id) as (client, snapshot):
        (message,) = completed(snapshot["events"], kind="message", role="assistant")
        (thought,) = completed(snapshot["events"], kind="thought")
        assert isinstance(message["text"], str)
        assert isinstance(thought["text"], str)
        site.play([{"text": "Fine."}])
        await say(client, session_id, "next")
        assert (await ended(client, session_id))["data"]["stopReason"] == "end_turn"


async def test_of_two_open_requests_both_come_again_and_each_answer_counts(tmp_path: Path) -> None:
    site = Site.made(tmp_path / "site")
    commands = ["echo one >> ran; echo first", "echo two >> ran; echo second"]
    site.play(
        [
            {"text": "Both.", "tool_calls": [call("run_shell", command=each) for each in commands]},
            {"text": "Done."},
        ]
    )
    async with site.serve() as client:
        session_id = await new_session(client)
        await say(client, session_id, "go")
        requests = [await asked(client, session_id, 1), await asked(client, session_id, 2)]
        await client.kill()
    for _ in range(2):  # also a server that was killed before anybody answered it
        async with reopened(site, session_id) as (client, snapshot):
            assert snapshot["permissions"] == requests
            assert (snapshot["session"]["state"], snapshot["session"]["on"]) == ("waiting", "permission")
            listed = (await client.request("dispatch/permission/list"))["permissions"]
            assert [each["permissionId"] for each in listed] == [each["permissionId"] for each in requests]
            await client.kill()
    async with reopened(site, session_id) as (client, _):
        by_target = {each["target"]: each for each in requests}
        assert await answer(client, by_target[commands[1]])
        assert await answer(client, by_target[commands[0]], "deny")
        end = await ended(client, session_id)
        assert end["data"]["stopReason"] == "end_turn"
        assert end["data"]["usage"]["requests"] == 2  # the one before the kill counts too
        outputs = {item["title"]: item["status"] for item in completed(client.events(session_id), kind="tool_call")}
        assert list(outputs.values()).count("denied") == 1
    assert (site.root / "ran").read_text() == "two\n"


async def test_an_answer_that_was_acknowledged_is_not_asked_for_again(tmp_path: Path) -> None:
    site = Site.made(tmp_path / "site")
    commands = ["echo one >> ran", "echo two >> ran"]
    site.play([{"tool_calls": [call("run_shell", command=each) for each in commands]}, {"text": "Done."}])
    async with site.serve() as client:
        session_id = await new_session(client)
        await say(client, session_id, "go")
        first, second = await asked(client, session_id, 1), await asked(client, session_id, 2)
        assert await answer(client, first)
        await client.kill()
    async with reopened(site, session_id) as (client, snapshot):
        assert [each["permissionId"] for each in snapshot["permissions"]] == [second["permissionId"]]
        assert not await answer(client, first)
        assert await answer(client, second, "deny")
        await ended(client, session_id)
        calls = completed([*snapshot["events"], *client.events(session_id)], kind="tool_call")
    lines = (site.root / "ran").read_text().splitlines() if (site.root / "ran").exists() else []
    assert len(lines) <= 1
    assert sorted(each["status"] for each in calls) in (["completed", "denied"], ["denied", "interrupted"])


async def test_what_the_model_is_sent_after_a_kill_answers_each_of_its_calls_once(tmp_path: Path) -> None:
    site = Site.made(tmp_path / "site", files={"a.txt": "one\n"})
    reading, running = Call("call_a", "read_file", '{"path": "a.txt"}'), Call("call_b", "run_shell", RUN)
    async with ModelServer() as server:
        server.reply(
            sse(chat_stream(Said(text="Both.", calls=[reading, running]))), sse(chat_stream(Said(text="Fine.")))
        )
        site.config.write_text(HTTP.format(url=server.url))
        async with site.serve() as client:
            session_id = await new_session(client)
            await say(client, session_id, "go")
            await runs(client, session_id)
            await client.kill()
        async with reopened(site, session_id) as (client, _):
            await say(client, session_id, "next")
            assert (await ended(client, session_id))["data"]["stopReason"] == "end_turn"
        messages = server.requests[1].json["messages"]
    roles = [message["role"] for message in messages]
    assert roles == ["system", "user", "assistant", "tool", "tool", "user"]
    assert [each["id"] for each in messages[2]["tool_calls"]] == ["call_a", "call_b"]
    assert [message["tool_call_id"] for message in messages[3:5]] == ["call_a", "call_b"]
    assert "one" in messages[3]["content"]
    assert "outcome unknown" in messages[4]["content"]


HTTP = """\
version = 1
[[keys]]
id = "key"
provider = "openai-compatible"
base_url = "{url}"
[[models]]
id = "model"
keys = ["key"]
"""
RUN = '{"command": "echo started; exec sleep 1000"}'


@pytest.mark.parametrize("seed", range(4))
async def test_messages_that_were_acknowledged_are_said_once_and_in_order(tmp_path: Path, seed: int) -> None:
    """Messages pour in while turns start, end and go on; the server is killed at some answer or other."""
    chance = random.Random(seed)
    site = Site.made(tmp_path / "site", [{"text": "Heard. " * 5, "chunk": 3}])
    sent, acknowledged = list[str](), list[str]()
    session_id = ""
    for _ in range(5):
        async with site.serve() as client:
            session_id = session_id or await new_session(client, subscribe=False)
            await client.request("dispatch/session/open", {"sessionId": session_id})
            count = chance.randrange(1, 25)
            futures = []
            for number in range(len(sent), len(sent) + count):
                delivery = chance.choice(["auto", "steer"])
                params = {**prompt(session_id, f"text {number}", f"m{number}"), "delivery": delivery}
                sent.append(f"text {number}")
                futures.append(client.begin("dispatch/session/prompt", params)[1])
            await futures[chance.randrange(count)]
            await client.kill()
            done = [future.done() and not future.exception() for future in futures]
            acknowledged += [text for text, is_done in zip(sent[-count:], done, strict=True) if is_done]
    async with reopened(site, session_id) as (client, snapshot):
        assert await send(client, session_id, "last") == "started"
        await ended(client, session_id)
        texts = said([*snapshot["events"], *client.events(session_id)])
    assert len(texts) == len(set(texts))
    assert set(acknowledged) <= set(texts)
    assert [text for text in texts if text in acknowledged] == acknowledged
    assert texts[-1] == "last"
