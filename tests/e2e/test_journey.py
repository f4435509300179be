"""The main job over stdio, on real parts: a real type error, the real type checker, a real shell (see README)."""

import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from dispatch_ls.cli.project import SAMPLE
from support.lsp_client import LspClient
from support.serving import Site, answer, call

UNTESTED = "quantity=quantity,"
FIXED = "quantity=int(quantity),"
LINES: list[dict[str, Any]] = [
    {"thought": "Look first.", "text": "I'll look.", "tool_calls": [call("read_file", path="shop/orders.py")]},
    {"tool_calls": [call("edit_file", path="shop/orders.py", old_text=UNTESTED, new_text=FIXED)]},
    {"text": "Now the tests.", "tool_calls": [call("run_shell", command=f"{sys.executable} -B -m unittest")]},
    {"text": "Fixed, and **3 tests** pass."},
]


def shop(base: Path) -> Site:
    """The demo's sample project with its real type error."""
    site = Site.made(base / "site", LINES)
    shutil.copytree(SAMPLE / "project", site.root, dirs_exist_ok=True)
    return site


@asynccontextmanager
async def opened_file(site: Site, client: LspClient) -> AsyncIterator[tuple[str, dict[str, Any]]]:
    """The file is open, and the problem published: this editor has no server of its own."""
    path = site.root / "shop" / "orders.py"
    uri = path.as_uri()
    document = {"uri": uri, "languageId": "python", "version": 1, "text": path.read_text()}
    client.notify("textDocument/didOpen", {"textDocument": document})
    published = await client.wait_for(
        "textDocument/publishDiagnostics",
        lambda params: params["uri"] == uri and any(each["source"] == "basedpyright" for each in params["diagnostics"]),
    )
    yield uri, next(each for each in published["diagnostics"] if each["source"] == "basedpyright")


async def choose_fix(client: LspClient, uri: str, diagnostic: dict[str, Any]) -> str:
    """Pick "Fix with Dispatch"; the session that works on it."""
    actions = await client.request(
        "textDocument/codeAction",
        {
            "textDocument": {"uri": uri},
            "range": diagnostic["range"],
            "context": {"diagnostics": [diagnostic], "triggerKind": 1},
        },
    )
    fix = next(each for each in actions if each["title"].startswith("Fix with Dispatch"))
    command = fix["command"] if isinstance(fix["command"], dict) else fix
    done = await client.request(
        "workspace/executeCommand", {"command": command["command"], "arguments": command["arguments"]}
    )
    return str(done["sessionId"])


def follow_edits(site: Site, client: LspClient, *, saves: bool) -> None:
    """Do what an editor does with an edit of an open file: take it, report it, save it where asked."""

    def apply(params: Any) -> Any:
        edit = params["edit"]
        change = edit["documentChanges"][0] if "documentChanges" in edit else None
        uri = change["textDocument"]["uri"] if change else next(iter(edit["changes"]))
        edits = change["edits"] if change else edit["changes"][uri]
        text = (site.root / "shop" / "orders.py").read_text()
        for each in sorted(edits, key=lambda one: list(one["range"]["start"].values()), reverse=True):
            text = replaced(text, each["range"], each["newText"])
        client.notify(
            "textDocument/didChange",
            {"textDocument": {"uri": uri, "version": 2}, "contentChanges": [{"text": text}]},
        )
        if not saves:
            (site.root / "shop" / "orders.py").write_text(text)
            client.notify("textDocument/didSave", {"textDocument": {"uri": uri}})
        shown.append(text)
        return {"applied": True}

    def save(params: Any) -> Any:
        (site.root / "shop" / "orders.py").write_text(shown[-1])
        client.notify("textDocument/didSave", {"textDocument": {"uri": params["uri"]}})
        return {"saved": True}

    shown: list[str] = []
    client.answers |= {"workspace/applyEdit": apply, "dispatch/save": save}


def replaced(text: str, span: Any, new: str) -> str:
    lines = text.splitlines(keepends=True)

    def offset(position: Any) -> int:
        return sum(map(len, lines[: position["line"]])) + int(position["character"])

    return text[: offset(span["start"])] + new + text[offset(span["end"]) :]


EDITS = {"workspace": {"applyEdit": True, "workspaceEdit": {"documentChanges": True}}}


async def test_an_editor_that_speaks_dispatch_goes_through_it(tmp_path: Path) -> None:
    site = shop(tmp_path)
    options = {"trusted": True, "settings": {"ownLanguages": []}}
    async with await LspClient.start(cwd=site.root, env=site.environment) as client:
        await client.initialize(site.root, options=options, capabilities=EDITS)
        follow_edits(site, client, saves=True)
        async with opened_file(site, client) as (uri, diagnostic):
            session_id = await choose_fix(client, uri, diagnostic)
            snapshot = await client.request("dispatch/session/open", {"sessionId": session_id})
            for operation in ("write", "execute"):
                asked = await permission(client, session_id, snapshot, operation)
                assert await answer(client, asked)
                assert not await answer(client, asked)  # the first answer counts
            ended = await client.wait_for_event(session_id, "turn.ended")
        events = [*snapshot["events"], *client.events(session_id)]
        assert ended["data"]["stopReason"] == "end_turn"
        assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
        calls = {event["data"]["tool"]: event["data"] for event in completed(events, "tool_call")}
        assert calls["edit_file"]["diagnostics"]["fixed"][0]["source"] == "basedpyright"
        assert "fresh" in calls["edit_file"]["diagnostics"]["status"]
        assert calls["run_shell"]["exitCode"] == 0
        assert completed(events, "message")[-1]["data"]["text"] == "Fixed, and **3 tests** pass."
        assert FIXED in (site.root / "shop" / "orders.py").read_text()
        assert all("replay" not in event["data"] for event in events)
        in_order(client, session_id, snapshot)
        cleared = await client.wait_for(
            "textDocument/publishDiagnostics",
            lambda params: (
                params["uri"] == uri and not any(e["source"] == "basedpyright" for e in params["diagnostics"])
            ),
        )
        assert cleared["uri"] == uri
        assert await client.shut_down() == 0


async def permission(client: LspClient, session_id: str, snapshot: dict[str, Any], operation: str) -> dict[str, Any]:
    """The request for that, asked already or yet to come."""
    for known in snapshot["permissions"]:
        if known["operation"] == operation:
            return dict(known)
    event = await client.wait_for_event(
        session_id, "permission.requested", lambda one: one["data"]["operation"] == operation
    )
    return dict(event["data"])


def completed(events: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [event for event in events if event["type"] == "item.completed" and event["data"]["kind"] == kind]


def in_order(client: LspClient, session_id: str, snapshot: dict[str, Any]) -> None:
    """Deltas come after their item's first event and before its completion."""
    state = {event["itemId"]: event["type"] for event in snapshot["events"] if event.get("itemId")}
    for message in client.raw:
        params = message.get("params") or {}
        if params.get("sessionId") != session_id:
            continue
        if message["method"] == "$/dispatch/delta":
            assert state[params["itemId"]] == "item.updated"
        for event in params.get("events", []):
            if event.get("itemId"):
                state[event["itemId"]] = event["type"]


async def test_a_plain_client_goes_through_it_with_standard_messages(tmp_path: Path) -> None:
    site = shop(tmp_path)
    site.config.write_text(site.config.read_text() + '\n[lsp]\npublish = "always"\n')
    window = {"showMessage": {}, "showDocument": {"support": True}, "workDoneProgress": True}
    async with await LspClient.start(cwd=site.root, env=site.environment) as client:
        await client.initialize(
            site.root, dispatch=False, options={"trusted": True}, capabilities={**EDITS, "window": window}
        )
        follow_edits(site, client, saves=False)
        client.answers["window/showMessageRequest"] = lambda params: params["actions"][0]
        client.answers["window/workDoneProgress/create"] = lambda _: None
        client.answers["window/showDocument"] = lambda _: {"success": True}
        async with opened_file(site, client) as (uri, diagnostic):
            await choose_fix(client, uri, diagnostic)
            asked = "window/showMessageRequest"
            await client.wait_for(asked, lambda params: "unittest" in params["message"])
            await client.wait_for(asked, lambda params: "3 tests" in params["message"])
        progress = [params["value"]["kind"] for params in client.said("$/progress")]
        assert progress[0] == "begin"
        assert FIXED in (site.root / "shop" / "orders.py").read_text()
        assert not any("dispatch/" in message.get("method", "") for message in client.raw)
