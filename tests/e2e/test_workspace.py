"""A workspace's configuration, files and guards as a user meets them (CONF-2, TOOL-1, LOOP-7)."""

import json
from pathlib import Path
from typing import Any

import pytest

from support import promises
from support.conversation import new_session, say
from support.serving import Site, answer, call
from support.turns import completed, ended, said

FILES = {
    "crlf": b"one\r\ntwo\r\nthree\r\n",
    "byte-order mark": b"\xef\xbb\xbfone\ntwo\nthree\n",
    "both": b"\xef\xbb\xbfone\r\ntwo\r\nthree\r\n",
    "trailing blanks": b"one  \t\ntwo\n   \nthree \n\n\n",
    "no last newline": b"one\ntwo\nthree",
    "mixed ends": b"one\r\ntwo\nthree\r\nfour\rfive",
    "form feeds and more": "one\x0c\x0b\x1c\x85\u2028\ntwo\n\u200bthree\n".encode(),
    "beyond the basic plane": "one 😀\ntwo\nthree 𝒳\n".encode(),
}


@pytest.mark.parametrize("kind", FILES)
async def test_an_edit_changes_the_bytes_it_names_and_no_other(tmp_path: Path, kind: str) -> None:
    site = Site.made(tmp_path / "site")
    file, before = site.root / "file.txt", FILES[kind]
    file.write_bytes(before)
    file.chmod(0o750)
    edit = call("edit_file", path="file.txt", old_text="two", new_text="2 é")
    site.play([{"tool_calls": [call("read_file", path="file.txt")]}, {"tool_calls": [edit]}, {"text": "Done."}])
    site.config.write_text(site.config.read_text() + '\n[permissions.edit]\n"*" = "allow"\n')
    async with site.serve() as client:
        session_id = await new_session(client)
        await say(client, session_id, "go")
        await ended(client, session_id)
        (item,) = completed(client.events(session_id), tool="edit_file")
        assert item["status"] == "completed", item["output"]
        assert "+2 é" in item["diff"]
        assert file.read_bytes() == before.replace(b"two", "2 é".encode())
        assert file.stat().st_mode & 0o777 == 0o750
        assert sorted(each.name for each in site.root.iterdir()) == ["file.txt"]
        promises.kept(client, session_id, from_seq=1)


async def test_a_configuration_that_is_broken_from_the_start_is_named_and_the_rest_of_it_counts(tmp_path: Path) -> None:
    site = Site.made(tmp_path / "site", [{"text": "Hello."}])
    good = site.config.read_text()
    site.config.write_text(good + '\n[limits]\nsteps = "many"\n\n[permission]\n')
    async with site.serve() as client:
        config = await client.request("dispatch/config/get")
        lines = site.config.read_text().splitlines()
        steps, permission = lines.index('steps = "many"') + 1, lines.index("[permission]") + 1
        problems = config["problems"]
        assert any(f"{site.config}:{steps}:" in each and "limits.steps" in each for each in problems)
        assert any(f"{site.config}:{permission}:" in each and "permissions" in each for each in problems)
        session_id = await new_session(client)
        await say(client, session_id, "go")
        await ended(client, session_id)
        assert said(client.events(session_id), "assistant") == ["Hello."]


async def test_a_bad_edit_keeps_what_was_in_force_and_a_good_one_ends_the_complaint(tmp_path: Path) -> None:
    site = Site.made(tmp_path / "site", [{"text": "Hello."}])
    good = site.config.read_text() + "\n[limits]\nsteps = 7\n"
    site.config.write_text(good)
    async with site.serve() as client:
        assert (await client.request("dispatch/config/get"))["settings"]["limits"]["steps"] == 7
        site.config.write_text(good.replace("steps = 7", "steps = ["))
        bad = await client.wait_for_event("workspace", "config.reloaded", lambda event: event["data"]["problems"])
        config = await client.request("dispatch/config/get")
        assert config["problems"] == bad["data"]["problems"]
        assert config["settings"]["limits"]["steps"] == 7
        site.config.write_text(good.replace("steps = 7", "steps = 8"))
        await client.wait_for_event("workspace", "config.reloaded", lambda event: not event["data"]["problems"])
        assert (await client.request("dispatch/config/get"))["settings"]["limits"]["steps"] == 8


async def test_an_agent_that_alternates_between_two_calls_is_stopped_too(tmp_path: Path) -> None:
    site = Site.made(tmp_path / "site", files={"a.txt": "a\n", "b.txt": "b\n"})
    site.play([{"tool_calls": [call("read_file", path="ab"[n % 2] + ".txt")]} for n in range(30)])
    async with site.serve() as client:
        session_id = await new_session(client)
        await say(client, session_id, "go")
        question = (await client.wait_for_event(session_id, "question.asked"))["data"]
        state = (await client.request("dispatch/session/tree"))["sessions"][0]
        assert (state["state"], state["on"]) == ("waiting", "user")
        reply = {"questionId": question["questionId"], "answer": "Go on"}
        assert (await client.request("dispatch/question/reply", reply))["accepted"]
        assert not (await client.request("dispatch/question/reply", reply))["accepted"]
        again = await client.wait_for_event(
            session_id, "question.asked", lambda event: event["data"]["questionId"] != question["questionId"]
        )
        await client.request("dispatch/session/cancel", {"sessionId": session_id})
        assert (await ended(client, session_id))["data"]["stopReason"] == "cancelled"
        late = {"questionId": again["data"]["questionId"], "answer": "Go on"}
        assert not (await client.request("dispatch/question/reply", late))["accepted"]
        promises.kept(client, session_id, from_seq=1)


async def test_every_call_of_a_step_is_answered_whatever_is_wrong_with_it(tmp_path: Path) -> None:
    site = Site.made(tmp_path / "site", files={"a.txt": "one\n"})
    site.root.joinpath("link").symlink_to("/etc")
    wrong = [
        call("fly", to="the moon"),
        {"name": "read_file", "arguments": '{"path": "a.txt"'},
        {"name": "read_file", "arguments": "[]"},
        call("read_file"),
        call("read_file", path=7),
        call("read_file", path="missing.txt"),
        call("edit_file", path="a.txt", old_text="absent", new_text="x"),
        call("read_file", path="a\0b"),
        {"name": "", "arguments": ""},
    ]
    site.play([{"tool_calls": [*wrong, call("read_file", path="a.txt")]}, {"text": "Done."}])
    site.config.write_text(site.config.read_text() + '\n[permissions.edit]\n"*" = "allow"\n')
    async with site.serve() as client:
        session_id = await new_session(client)
        await say(client, session_id, "go")
        assert (await ended(client, session_id))["data"]["stopReason"] == "end_turn"
        items = completed(client.events(session_id), kind="tool_call")
        assert sorted(item["status"] for item in items) == sorted(["failed"] * len(wrong) + ["completed"])
        assert all(item["output"] for item in items)
        assert "Traceback" not in json.dumps(client.raw)
        assert "incident" not in json.dumps(client.raw)
        promises.kept(client, session_id, from_seq=1)


TEXT = "Zwölf Boxkämpfer 😀 jagen Viktor. " * 200


async def test_a_step_with_many_thoughts_texts_and_calls_keeps_all_promises(tmp_path: Path) -> None:
    site = Site.made(tmp_path / "site", files={f"{n}.txt": "text\n" for n in range(30)})
    many = [call("read_file", path=f"{n}.txt") for n in range(30)]
    site.play([{"thought": TEXT, "text": TEXT, "tool_calls": many, "chunk": 31}, {"text": TEXT, "chunk": 3}])
    async with site.serve() as client:
        session_id = await new_session(client)
        await say(client, session_id, "go")
        await ended(client, session_id)
        promises.kept(client, session_id, from_seq=1)
        calls = completed(client.events(session_id), kind="tool_call")
        assert {item["status"] for item in calls} == {"completed"}
        begun = dict.fromkeys(e["itemId"] for e in client.events(session_id) if e["data"].get("status") == "pending")
        titles = {e["itemId"]: e["data"]["title"] for e in client.events(session_id) if e["data"].get("tool")}
        assert [titles[item_id] for item_id in begun] == [f"Read {n}.txt" for n in range(30)]


async def test_who_opens_a_session_in_the_middle_of_a_text_gets_the_rest_of_it(tmp_path: Path) -> None:
    site = Site.made(tmp_path / "site", [{"text": TEXT, "chunk": 31, "delay_ms": 1}])
    async with site.serve() as client:
        session_id = await new_session(client)
        await say(client, session_id, "go")
        await client.wait_for("$/dispatch/delta", lambda delta: delta["offset"] > 100)
        heard = len(client.raw)
        snapshot = await client.request("dispatch/session/open", {"sessionId": session_id})
        await ended(client, session_id)
        joined(snapshot, client.raw[heard:], TEXT)


def joined(snapshot: dict[str, Any], later: list[dict[str, Any]], text: str) -> None:
    """A text of the snapshot and the deltas told after it make the whole; what both have is the same."""
    answered = next(place for place, message in enumerate(later) if message.get("result") == snapshot)
    after = [event for each in later[answered:] for event in each.get("params", {}).get("events", [])]
    promises.without_gap([event["seq"] for event in after], snapshot["seq"])
    (flight,) = snapshot["inFlight"]
    units, offset = text.encode("utf-16-le"), flight["offset"]
    known = "".join(
        event["data"]["append"]["text"]
        for event in snapshot["events"]
        if event.get("itemId") == flight["itemId"] and "append" in event["data"]
    )
    assert known.startswith(units[: offset * 2].decode("utf-16-le"))
    for message in later[answered + 1 :]:
        params = message.get("params", {})
        if message.get("method") == "$/dispatch/delta" and params["itemId"] == flight["itemId"]:
            assert params["offset"] <= offset
            piece, start = params["text"].encode("utf-16-le"), params["offset"]
            assert units[start * 2 : start * 2 + len(piece)] == piece
            offset = max(offset, start + len(piece) // 2)
    assert offset > flight["offset"]


async def test_a_turn_that_reads_much_says_it_in_a_blob(tmp_path: Path) -> None:
    site = Site.made(tmp_path / "site", files={"long.txt": "ä" * 99 + "\n" + ("line\n" * 9000)})
    site.play([{"tool_calls": [call("run_shell", command="cat long.txt")]}, {"text": "Done."}])
    async with site.serve() as client:
        session_id = await new_session(client)
        await say(client, session_id, "go")
        request = (await client.wait_for_event(session_id, "permission.requested"))["data"]
        assert await answer(client, request)
        await ended(client, session_id)
        (item,) = completed(client.events(session_id), kind="tool_call")
        blob = item["output"]
        text, offset = "", 0
        while offset < blob["size"]:
            wanted = {"blobId": blob["blobId"], "offset": offset, "length": 5000}
            part = await client.request("dispatch/blob/read", wanted)
            text, offset = text + part["text"], part["nextOffset"]
        assert text.startswith(blob["head"])
        assert len(text.encode()) == blob["size"]
        assert "[exit code 0]" in text
