"""All of Dispatch for an editor that speaks nothing but LSP."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest

from support.lsp_client import Heard, LspClient, LspError

Start = Callable[..., Awaitable[LspClient]]

DIAGNOSTIC = {
    "range": {"start": {"line": 1, "character": 5}, "end": {"line": 1, "character": 6}},
    "severity": 2,
    "message": "unused",
    "source": "ruff",
    "code": "F401",
}


@pytest.fixture
async def plain(start: Start, workspace: Path) -> LspClient:
    client = await start()
    capabilities = {
        "window": {"workDoneProgress": True, "showDocument": {"support": True}},
        "textDocument": {"codeAction": {"codeActionLiteralSupport": {"codeActionKind": {"valueSet": ["quickfix"]}}}},
    }
    client.answers["window/workDoneProgress/create"] = lambda _: None
    client.answers["window/showDocument"] = lambda _: {"success": True}
    await client.initialize(workspace, capabilities=capabilities, dispatch=False)
    return client


async def command(client: LspClient, name: str, *arguments: Any) -> Any:
    return await client.request("workspace/executeCommand", {"command": name, "arguments": list(arguments)})


async def asked(client: LspClient, text: str, after: int = 0) -> Heard:
    """The `window/showMessageRequest` with that text."""
    found: Heard = await client.wait_until(
        lambda: next(
            (
                one
                for one in client.heard[after:]
                if one.method == "window/showMessageRequest" and text in one.params["message"]
            ),
            None,
        )
    )
    return found


def read(uri: str) -> str:
    return Path(unquote(urlsplit(uri).path)).read_text()


def private(file: Path) -> bool:
    return file.stat().st_mode & 0o077 == 0


async def test_actions_on_any_diagnostic_are_answered_at_once_with_commands(plain: LspClient) -> None:
    params = {
        "textDocument": {"uri": "file:///a.py"},
        "range": DIAGNOSTIC["range"],
        "context": {"diagnostics": [DIAGNOSTIC]},
    }
    fix, explain = await plain.request("textDocument/codeAction", params)
    assert (fix["title"], explain["title"]) == ("Fix with Dispatch", "Explain with Dispatch")
    assert fix["kind"] == "quickfix"
    assert fix["diagnostics"] == [DIAGNOSTIC]
    assert fix["command"]["command"] == "dispatch.fix"
    assert fix["command"]["arguments"] == ["file:///a.py", DIAGNOSTIC]
    assert explain["command"]["command"] == "dispatch.explain"


@pytest.mark.parametrize("context", [{"diagnostics": []}, {"diagnostics": [DIAGNOSTIC], "only": ["refactor"]}, None])
async def test_there_are_no_actions_where_there_is_nothing_to_act_on(plain: LspClient, context: Any) -> None:
    params = {"textDocument": {"uri": "file:///a.py"}, "range": DIAGNOSTIC["range"], "context": context}
    assert await plain.request("textDocument/codeAction", params) == []


async def test_an_editor_without_action_literals_gets_commands(start: Start) -> None:
    client = await start()
    await client.initialize(dispatch=False)
    params = {"textDocument": {"uri": "file:///a.py"}, "context": {"diagnostics": [DIAGNOSTIC, DIAGNOSTIC]}}
    actions = await client.request("textDocument/codeAction", params)
    assert [one["command"] for one in actions] == ["dispatch.fix"] * 2 + ["dispatch.explain"] * 2
    assert actions[0]["title"] == "Fix with Dispatch: unused"


async def test_fix_starts_a_turn_with_the_problem_and_shows_progress_and_the_answer(
    plain: LspClient, workspace: Path
) -> None:
    uri = (workspace / "a.py").as_uri()
    text = 'x = 1\n"🦊🦊" + y\n'
    plain.notify("textDocument/didOpen", {"textDocument": {"uri": uri, "version": 1, "text": text}})
    started = await command(plain, "dispatch.fix", uri, DIAGNOSTIC)
    assert set(started) == {"sessionId", "messageId"}
    # UTF-16 unit 5 stands behind two foxes and a quote
    done = await asked(plain, "2:4:unused")
    kinds = [one["value"]["kind"] for one in plain.said("$/progress")]
    assert kinds in (["begin", "end"], [])
    plain.respond(done, {"title": "Open transcript"})
    shown = await plain.wait_for("window/showDocument")
    assert "2:4:unused" in read(shown["uri"])
    again = await command(plain, "dispatch.explain", {"uri": uri, "diagnostic": DIAGNOSTIC})
    assert again["sessionId"] == started["sessionId"]


async def test_a_running_agent_has_a_progress_bar_that_stops_it(plain: LspClient) -> None:
    await command(plain, "dispatch.chat", "wait")
    begun = await plain.wait_for("$/progress", lambda params: params["value"]["kind"] == "begin")
    assert begun["value"]["cancellable"]
    plain.notify("window/workDoneProgress/cancel", {"token": begun["token"]})
    ended = await plain.wait_for("$/progress", lambda params: params["value"]["kind"] == "end")
    assert (ended["token"], ended["value"]["message"]) == (begun["token"], "cancelled")


async def test_stop_cancels_what_runs(plain: LspClient) -> None:
    session = (await command(plain, "dispatch.chat", "wait"))["sessionId"]
    await plain.wait_for("$/progress", lambda params: params["value"]["kind"] == "begin")
    assert await command(plain, "dispatch.stop") == {"stopped": [session]}
    await plain.wait_for("$/progress", lambda params: params["value"]["kind"] == "end")
    assert await command(plain, "dispatch.stop") == {"stopped": []}


async def test_permissions_are_asked_one_at_a_time(plain: LspClient) -> None:
    for target in ("one.txt", "two.txt"):
        await command(plain, "dispatch.newSession")
        await command(plain, "dispatch.chat", f"permission {target}")
    first = await asked(plain, "one.txt")
    assert [action["title"] for action in first.params["actions"]] == ["Allow once", "Deny"]
    assert "two.txt" not in str(plain.heard)
    plain.respond(first, {"title": "Deny"})
    second = await asked(plain, "two.txt")
    plain.respond(second, {"title": "Allow once"})
    await asked(plain, "Dispatch: deny")
    await asked(plain, "Dispatch: allow")


async def test_a_request_that_is_waved_away_stays_open_until_a_command_or_the_next_request(plain: LspClient) -> None:
    await command(plain, "dispatch.newSession")
    await command(plain, "dispatch.chat", "permission one.txt")
    plain.respond(await asked(plain, "one.txt"), None)
    seen = len(plain.heard)
    await command(plain, "dispatch.newSession")
    await command(plain, "dispatch.chat", "permission two.txt")
    again = await asked(plain, "one.txt", seen)
    allowed = await command(plain, "dispatch.allow")
    assert allowed["accepted"]
    # decided elsewhere: it leaves the screen, and a late answer changes nothing
    await plain.wait_for("$/cancelRequest", lambda params: params["id"] == again.msg_id)
    await asked(plain, "Dispatch: allow")
    plain.respond(again, {"title": "Deny"})
    plain.respond(await asked(plain, "two.txt"), {"title": "Deny"})
    await asked(plain, "Dispatch: deny")
    assert len([one for one in plain.heard if one.method == "window/showMessageRequest" and "one.txt" in str(one)]) == 2
    with pytest.raises(LspError) as caught:
        await command(plain, "dispatch.deny")
    assert caught.value.text == "No agent waits for a permission."


async def test_an_editor_that_cannot_show_requests_decides_by_command(plain: LspClient) -> None:
    await command(plain, "dispatch.chat", "permission one.txt")
    request = await asked(plain, "one.txt")
    plain.send({"jsonrpc": "2.0", "id": request.msg_id, "error": {"code": -32601, "message": "no such method"}})
    assert (await command(plain, "dispatch.deny"))["accepted"]
    await asked(plain, "Dispatch: deny")


async def test_questions_are_answered_by_button_or_by_chat(plain: LspClient) -> None:
    await command(plain, "dispatch.chat", "ask red green")
    plain.respond(await asked(plain, "Which?"), {"title": "green"})
    await asked(plain, "Dispatch: green")
    session = (await command(plain, "dispatch.chat", "ask"))["sessionId"]
    await plain.wait_for("window/showMessage", lambda params: "dispatch.chat" in params["message"])
    assert await command(plain, "dispatch.chat", "blue") == {"sessionId": session}
    await asked(plain, "Dispatch: blue")


async def test_transcript_and_tree_are_files_that_the_editor_shows(plain: LspClient, tmp_path: Path) -> None:
    with pytest.raises(LspError) as caught:
        await command(plain, "dispatch.openTranscript")
    assert caught.value.data["kind"] == "not_found"
    session = (await command(plain, "dispatch.chat", "child hello"))["sessionId"]
    await asked(plain, "Dispatch: hello")
    opened = await command(plain, "dispatch.openTranscript", session)
    file = Path(unquote(urlsplit(opened["uri"]).path))
    assert private(file)
    assert file.is_relative_to(tmp_path / "state")
    assert "end_turn" in read(opened["uri"])
    tree = await command(plain, "dispatch.showTree")
    assert tree["tree"]["sessions"][0]["sessionId"] == session
    assert "\n  - **child**" in read(tree["uri"])
    await plain.wait_for("window/showDocument", lambda params: params["uri"] == tree["uri"])


@pytest.mark.parametrize(
    ("name", "arguments"),
    [("dispatch.none", []), ("dispatch.chat", []), ("dispatch.chat", [""]), ("dispatch.fix", ["file:///a.py"])],
)
async def test_commands_that_make_no_sense_are_refused(plain: LspClient, name: str, arguments: list[Any]) -> None:
    with pytest.raises(LspError) as caught:
        await command(plain, name, *arguments)
    assert caught.value.code == -32602


async def test_an_editor_without_any_of_it_still_gets_the_answer(start: Start, workspace: Path) -> None:
    client = await start()
    await client.initialize(workspace, dispatch=False)
    await command(client, "dispatch.chat", "say " + "long " * 200)
    told = await client.wait_for("window/showMessage", lambda params: "long" in params["message"])
    assert told["message"].endswith("…")
    assert [one.method for one in client.heard] == ["window/showMessage"]


async def test_two_commands_at_once_share_no_answer(plain: LspClient) -> None:
    sessions = await asyncio.gather(*(command(plain, "dispatch.newSession") for _ in range(5)))
    assert len({one["sessionId"] for one in sessions}) == 5
