"""What a user can do to a running turn, and what the guards do, through the real server (LOOP-5, 6, 7; PERM-3)."""

import asyncio
import json
import os
from pathlib import Path
from typing import Any

import psutil
import pytest

from support.conversation import new_session, prompt, say
from support.lsp_client import LspClient, LspError
from support.serving import Site, answer, call

WAIT = "mkfifo {0}; echo started; cat {0}"
"""A command that runs until somebody opens the pipe."""


def ended(client: LspClient, session_id: str, count: int = 1) -> Any:
    """True once so many turns have ended."""
    return lambda: [e for e in client.events(session_id) if e["type"] == "turn.ended"][count - 1 : count]


def users(client: LspClient, session_id: str) -> list[tuple[str, str]]:
    """The user's messages in the conversation, with the turn each is in."""
    return [
        (event["data"]["text"], event["turnId"])
        for event in client.events(session_id)
        if event["type"] == "item.completed" and event["data"].get("role") == "user"
    ]


async def running_command(client: LspClient, session_id: str) -> None:
    """Allow the command that is asked for, and wait until it runs."""
    asked = await client.wait_for_event(session_id, "permission.requested")
    assert await answer(client, asked["data"])
    await client.wait_for("$/dispatch/delta", lambda delta: delta["field"] == "output" and "started" in delta["text"])


async def send(client: LspClient, session_id: str, text: str, delivery: str, message_id: str) -> str:
    params = {**prompt(session_id, text, message_id), "delivery": delivery}
    return str((await client.request("dispatch/session/prompt", params))["disposition"])


def commands(site: Site) -> list[dict[str, Any]]:
    return [
        {"tool_calls": [call("run_shell", command=WAIT.format("pipe"))]},
        {"text": "Heard."},
        {"when": "later", "text": "Later."},
    ]


async def test_a_steering_message_arrives_at_the_next_tool_boundary_and_the_others_wait(tmp_path: Path) -> None:
    site = Site.made(tmp_path / "site")
    site.play(commands(site))
    async with site.serve() as client:
        session_id = await new_session(client)
        await say(client, session_id, "go")
        await running_command(client, session_id)
        assert await send(client, session_id, "later", "queue", "m-later") == "queued"
        assert await send(client, session_id, "never", "queue", "m-never") == "queued"
        removed = {"sessionId": session_id, "messageId": "m-never"}
        assert (await client.request("dispatch/queue/remove", removed))["removed"]
        assert not (await client.request("dispatch/queue/remove", removed))["removed"]
        assert await send(client, session_id, "now", "queue", "m-later") == "queued"  # a repeated id does nothing twice
        await asyncio.to_thread((site.root / "pipe").write_text, "go on")
        await client.wait_until(ended(client, session_id, 2))
        said = users(client, session_id)
        assert [text for text, _ in said] == ["go", "later"]
        assert said[0][1] != said[1][1]


async def test_steering_is_in_the_same_turn(tmp_path: Path) -> None:
    site = Site.made(tmp_path / "site")
    site.play(commands(site))
    async with site.serve() as client:
        session_id = await new_session(client)
        await say(client, session_id, "go")
        await running_command(client, session_id)
        assert await send(client, session_id, "mind this", "auto", "m1") == "steered"
        await asyncio.to_thread((site.root / "pipe").write_text, "go on")
        await client.wait_until(ended(client, session_id))
        (_, first), (text, second) = users(client, session_id)
        assert (text, second) == ("mind this", first)


async def test_stop_ends_the_command_and_keeps_what_was_said(tmp_path: Path) -> None:
    site = Site.made(tmp_path / "site")
    shell = "echo $$ > pid; sleep 1000 & echo started; wait"
    site.play(
        [{"text": "I'll wait.", "tool_calls": [call("run_shell", command=shell)]}, {"when": "next", "text": "Again."}]
    )
    async with site.serve() as client:
        session_id = await new_session(client)
        await say(client, session_id, "go")
        await running_command(client, session_id)
        assert await send(client, session_id, "held", "queue", "m1") == "queued"
        await client.request("dispatch/session/cancel", {"sessionId": session_id})
        assert ended(client, session_id)()[0]["data"]["stopReason"] == "cancelled"
        done = [e["data"] for e in client.events(session_id) if e["type"] == "item.completed"]
        assert [item["status"] for item in done if item["kind"] == "tool_call"] == ["cancelled"]
        assert [item["text"] for item in done if item.get("role") == "assistant"] == ["I'll wait."]
        assert not psutil.pid_exists(int((site.root / "pid").read_text()))
        # what waited is held, and comes first with the next message
        await say(client, session_id, "next")
        await client.wait_until(ended(client, session_id, 2))
        assert [text for text, _ in users(client, session_id)] == ["go", "held", "next"]


async def test_an_open_request_outlives_the_server_and_its_answer_goes_on_with_the_turn(tmp_path: Path) -> None:
    site = Site.made(tmp_path / "site", files={"a.txt": "one\n"})
    edit = call("edit_file", path="a.txt", old_text="one", new_text="two")
    site.play([{"tool_calls": [call("read_file", path="a.txt")]}, {"tool_calls": [edit]}, {"text": "Done."}])
    for end in ("kill", "leave"):
        async with site.serve() as client:
            session_id = await new_session(client)
            await say(client, session_id, "go")
            asked = (await client.wait_for_event(session_id, "permission.requested"))["data"]
            await (client.kill() if end == "kill" else client.shut_down())
        async with site.serve() as client:
            snapshot = await client.request("dispatch/session/open", {"sessionId": session_id})
            assert [each["permissionId"] for each in snapshot["permissions"]] == [asked["permissionId"]]
            assert snapshot["session"]["state"] == "waiting"
            assert await answer(client, asked)
            await client.wait_until(ended(client, session_id))
            assert ended(client, session_id)()[0]["data"]["stopReason"] == "end_turn"
            assert (site.root / "a.txt").read_text() == "two\n"
        (site.root / "a.txt").write_text("one\n")


async def test_nonsense_is_no_approval_and_a_denial_reaches_the_model(tmp_path: Path) -> None:
    site = Site.made(tmp_path / "site", files={"a.txt": "one\n"})
    site.play([{"tool_calls": [call("run_shell", command="touch made")]}, {"text": "Then not."}])
    async with site.serve() as client:
        session_id = await new_session(client)
        await say(client, session_id, "go")
        asked = (await client.wait_for_event(session_id, "permission.requested"))["data"]
        key = asked["permissionId"]
        for nonsense in ({"decision": True}, {"decision": "ALLOW"}, {}, {"decision": "allow", "scope": "for ever"}):
            with pytest.raises(LspError, match="-32602"):
                await client.request("dispatch/permission/reply", {"permissionId": key, **nonsense})
        assert not await answer(client, {"permissionId": "per_unknown"})
        reply = {"permissionId": key, "decision": "deny", "message": "use a file tool"}
        assert (await client.request("dispatch/permission/reply", reply))["accepted"]
        await client.wait_until(ended(client, session_id))
        item = next(e["data"] for e in client.events(session_id) if e["data"].get("status") == "denied")
        assert "use a file tool" in item["output"]
        assert not (site.root / "made").exists()
        log = (await client.request("dispatch/permission/log", {}))["entries"]
        assert [(entry["decision"], entry["by"]) for entry in log] == [("deny", "user")]


async def test_a_second_server_says_who_serves_and_reads_only(tmp_path: Path) -> None:
    site = Site.made(tmp_path / "site", [{"text": "Hello."}])
    async with site.serve() as first, site.serve() as second:
        session_id = await new_session(first)
        await say(first, session_id, "go")
        await first.wait_until(ended(first, session_id))
        shown = await second.wait_for("window/showMessage")
        assert str(first.process.pid) in shown["message"]
        assert len((await second.request("dispatch/session/open", {"sessionId": session_id}))["events"]) > 4
        with pytest.raises(LspError, match=str(first.process.pid)) as refused:
            await say(second, session_id, "go")
        assert refused.value.data["kind"] == "busy"


async def test_without_a_model_the_chat_says_what_to_do(tmp_path: Path) -> None:
    site = Site.made(tmp_path / "site")
    site.config.unlink()
    keys = {name: "" for name in os.environ if name.endswith(("_API_KEY", "_TOKEN"))}
    async with await LspClient.start(cwd=site.root, env={**site.environment, **keys}) as client:
        await client.initialize(site.root)
        session_id = await new_session(client)
        await say(client, session_id, "go")
        end = (await client.wait_for_event(session_id, "turn.ended"))["data"]
        assert end["stopReason"] == "error"
        assert "ANTHROPIC_API_KEY" in end["error"]
        assert (await client.request("dispatch/model/list"))["hint"]


async def test_a_typo_in_the_configuration_is_named_and_the_last_good_one_stays(tmp_path: Path) -> None:
    site = Site.made(tmp_path / "site", [{"text": "Hello."}])
    async with site.serve() as client:
        await client.request("dispatch/config/get")
        site.config.write_text(site.config.read_text() + "\n[limits]\nstepz = 3\n")
        news = await client.wait_for_event("workspace", "config.reloaded", lambda event: event["data"]["problems"])
        problem = news["data"]["problems"][0]
        assert f"{site.config}:{len(site.config.read_text().splitlines())}" in problem
        assert "steps" in problem
        session_id = await new_session(client)
        await say(client, session_id, "go")
        await client.wait_until(ended(client, session_id))


async def test_mistakes_of_the_model_go_back_to_it_and_a_loop_asks_the_user(tmp_path: Path) -> None:
    broken = {"name": "read_file", "arguments": '{"path": '}
    again = {"tool_calls": [call("read_file", path="a.txt")]}
    site = Site.made(tmp_path / "site", files={"a.txt": "one\n"})
    site.play([{"tool_calls": [call("fly"), broken, call("read_file")]}, again, again, again, {"text": "Unreached."}])
    async with site.serve() as client:
        session_id = await new_session(client)
        await say(client, session_id, "go")
        question = (await client.wait_for_event(session_id, "question.asked"))["data"]
        done = [e["data"] for e in client.events(session_id) if e["type"] == "item.completed"]
        failed = [item["output"] for item in done if item.get("status") == "failed"]
        assert "no tool 'fly'" in failed[0]
        assert len(failed) == 3
        assert question["choices"] == ["Go on", "Stop"]
        reply = {"questionId": question["questionId"], "answer": "Stop"}
        assert (await client.request("dispatch/question/reply", reply))["accepted"]
        end = await client.wait_for_event(session_id, "turn.ended")
        assert end["data"]["stopReason"] == "cancelled"
        assert "Unreached" not in json.dumps(client.raw)


async def test_steps_have_a_limit(tmp_path: Path) -> None:
    site = Site.made(tmp_path / "site", files={f"{n}.txt": "" for n in range(5)})
    site.config.write_text(site.config.read_text() + "\n[limits]\nsteps = 3\n")
    site.play([{"tool_calls": [call("read_file", path=f"{n}.txt")]} for n in range(5)])
    async with site.serve() as client:
        session_id = await new_session(client)
        await say(client, session_id, "go")
        end = await client.wait_for_event(session_id, "turn.ended")
        assert end["data"]["stopReason"] == "max_steps"
        assert end["data"]["usage"]["requests"] == 3
