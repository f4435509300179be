"""What news an editor gets, in which order (shared protocol: "Two kinds of news")."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from support.conversation import new_session, say, say_and_wait
from support.lsp_client import LspClient, LspError

Start = Callable[..., Awaitable[LspClient]]


def texts(client: LspClient, session_id: str) -> dict[str, str]:
    """What an editor that trusts the promises shows: item texts from events and deltas, checked on the way."""
    shown: dict[str, str] = {}
    finished: set[str] = set()
    for one in client.heard:
        if one.method == "$/dispatch/delta" and one.params["sessionId"] == session_id:
            item = one.params["itemId"]
            assert item in shown, "a delta before its item"
            assert item not in finished, "a delta after its item was completed"
            assert one.params["offset"] == len(shown[item].encode("utf-16-le")) // 2
            shown[item] += one.params["text"]
        if one.method == "dispatch/events" and one.params["sessionId"] == session_id:
            for event in one.params["events"]:
                if event["type"] == "item.updated":
                    shown.setdefault(event["itemId"], event["data"].get("text", ""))
                if event["type"] == "item.completed":
                    finished.add(event["itemId"])
                    assert shown[event["itemId"]] == event["data"]["text"]
    return shown


async def test_events_of_an_open_session_have_no_gap_and_deltas_fit_between_them(
    client: LspClient, session: str
) -> None:
    await say_and_wait(client, session, "say Grüße 🦊 an alle 🦊🦊 hier")
    assert [event["seq"] for event in client.events(session)] == list(range(2, 2 + len(client.events(session))))
    assert list(texts(client, session).values()) == ["Grüße🦊analle🦊🦊hier"]


async def test_streamed_text_is_gathered(client: LspClient, session: str) -> None:
    await say_and_wait(client, session, "stream 5000 7")
    deltas = client.said("$/dispatch/delta")
    assert list(texts(client, session).values()) == ["x" * 35000]
    assert len(deltas[0]["text"]) == 7
    assert len(deltas) < 500
    assert max(len(one["text"]) for one in deltas) < 16 * 1024 + 7


async def test_what_only_providers_can_read_is_not_sent(client: LspClient, session: str) -> None:
    await say_and_wait(client, session, "say hello")
    again = await client.request("dispatch/session/open", {"sessionId": session})
    assert "replay" not in str(client.raw)
    assert "signature" not in str(again)


async def test_a_session_opened_in_the_middle_of_its_stream_has_no_gap_and_no_repeat(client: LspClient) -> None:
    session = await new_session(client)
    await say(client, session, "flood 3000 10")
    snapshots: list[tuple[int, Any]] = []
    for _ in range(10):
        snapshot = await client.request("dispatch/session/open", {"sessionId": session})
        # where in the stream the answer stood
        place = next(i for i, one in enumerate(client.raw) if (one.get("result") or {}) == snapshot)
        snapshots.append((place, snapshot))
    await client.wait_for_event(session, "turn.ended")
    for place, snapshot in snapshots:
        assert [event["seq"] for event in snapshot["events"]] == list(range(1, snapshot["seq"] + 1))
        after = [
            event["seq"]
            for message in client.raw[place + 1 :]
            if message.get("method") == "dispatch/events" and message["params"]["sessionId"] == session
            for event in message["params"]["events"]
        ]
        later = [one["seq"] for _, one in snapshots if one["seq"] > snapshot["seq"]]
        known = snapshot["seq"]
        for seq in after:
            # what a later snapshot has brought may be left out, nothing else
            assert seq == known + 1 or seq - 1 in later
            known = seq


async def test_after_says_what_the_editor_knows_already(client: LspClient, session: str) -> None:
    await say_and_wait(client, session, "say one")
    snapshot = await client.request("dispatch/session/open", {"sessionId": session, "after": 3})
    assert [event["seq"] for event in snapshot["events"]] == list(range(4, snapshot["seq"] + 1))


async def test_a_session_that_is_not_open_sends_nothing(client: LspClient) -> None:
    silent = await new_session(client, subscribe=False)
    await say(client, silent, "say secret")
    closed = await new_session(client)
    await client.request("dispatch/session/close", {"sessionId": closed})
    await say(client, closed, "say secret")
    with pytest.raises(LspError):
        await client.request("dispatch/session/open", {"sessionId": "ses_none"})
    await say_and_wait(client, await new_session(client), "say heard")
    assert "secret" not in str(client.raw)
    assert client.events("ses_none") == []


async def test_the_tree_brings_headers_of_all_sessions(client: LspClient) -> None:
    tree = await client.request("dispatch/session/tree")
    assert tree["counts"] == {"permissions": 0}
    other = await new_session(client, subscribe=False)
    await say(client, other, "child secret")
    created = await client.wait_until(
        lambda: [
            event["data"]
            for told in client.said("dispatch/events")
            for event in told["events"]
            if event["type"] == "session.created" and event["data"].get("parentId") == other
        ]
    )
    assert created[0]["rootId"] == other
    asking = await new_session(client, subscribe=False)
    await say(client, asking, "permission a.txt")
    requested = await client.wait_for_event(asking, "permission.requested")
    await client.request(
        "dispatch/permission/reply", {"permissionId": requested["data"]["permissionId"], "decision": "deny"}
    )
    await client.wait_for_event(asking, "permission.resolved")
    kinds = {event["type"].partition(".")[0] for told in client.said("dispatch/events") for event in told["events"]}
    assert kinds == {"session", "permission"}
    assert "secret" not in str(client.said("dispatch/events"))


async def test_trust_reaches_the_host_from_initialize_and_by_request(start: Start, workspace: Path) -> None:
    client = await start()
    await client.initialize(workspace, options={"trusted": True, "settings": {"defaults": {"model": "x"}}})
    config = await client.request("dispatch/config/get")
    assert config["trusted"]
    assert config["settings"] == {"defaults": {"model": "x"}}
    await client.request("dispatch/workspace/trust", {"trusted": False})
    assert not (await client.request("dispatch/config/get"))["trusted"]
    # news of no session reach every editor that speaks the protocol
    assert client.events("workspace")[0]["type"] == "config.reloaded"


@pytest.mark.parametrize("version", [None, 0, "1", True, {}])
async def test_a_client_that_does_not_negotiate_gets_no_custom_message(
    start: Start, workspace: Path, version: Any
) -> None:
    client = await start()
    capabilities = {"experimental": {"dispatch": {"protocolVersion": version}}}
    result = await client.initialize(workspace, capabilities=capabilities, dispatch=False)
    assert "experimental" not in result["capabilities"]
    with pytest.raises(LspError) as caught:
        await client.request("dispatch/session/new", {})
    assert caught.value.code == -32601
    await client.request("workspace/executeCommand", {"command": "dispatch.chat", "arguments": ["say hello"]})
    await client.wait_for("window/showMessage", lambda params: "hello" in params["message"])
    assert [one.method for one in client.heard if "dispatch" in one.method] == []


@pytest.mark.parametrize("wrong", [True, None, "yes", {}, {"decision": "ALLOW"}, {"decision": True}, {"scope": "x"}])
async def test_only_a_valid_answer_to_a_permission_counts(client: LspClient, session: str, wrong: Any) -> None:
    await say(client, session, "permission a.txt")
    permission = (await client.wait_for_event(session, "permission.requested"))["data"]["permissionId"]
    reply = {"permissionId": permission, **wrong} if isinstance(wrong, dict) else wrong
    with pytest.raises(LspError) as caught:
        await client.request("dispatch/permission/reply", reply)
    assert caught.value.code == -32602
    opened = (await client.request("dispatch/permission/list"))["permissions"]
    assert [one["permissionId"] for one in opened] == [permission]
    answer = {"permissionId": permission, "decision": "allow"}
    assert await client.request("dispatch/permission/reply", answer) == {"accepted": True}
    assert await client.request("dispatch/permission/reply", {**answer, "decision": "deny"}) == {"accepted": False}
    assert (await client.wait_for_event(session, "permission.resolved"))["data"]["decision"] == "allow"
