"""What an editor may get wrong, and what goes wrong here (PR-01, 02, 04, 05, 10, 11; cancelRequest)."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from support.conversation import new_session, prompt, say_and_wait
from support.lsp_client import LspClient, LspError
from support.memory_host import SECRET

Start = Callable[..., Awaitable[LspClient]]

NOT_JSON = [b"", b"{", b"\xff\xfe", b'{"a":"\xc3"}', b"[" * 100_000, b"9" * 5000]
NO_MESSAGE = [b"null", b"1", b'"text"', b"[]", b'[{"jsonrpc":"2.0","id":1,"method":"shutdown"}]', b"{}", b'{"id":7}']


async def refused(client: LspClient, body: bytes) -> dict[str, Any]:
    """The error that comes back for a body that is no message."""
    seen = len(client.raw)
    client.send_body(body)
    answer = await client.wait_until(lambda: [one for one in client.raw[seen:] if "error" in one])
    logged = await client.wait_for("window/logMessage")
    assert logged["type"] == 2
    assert logged["message"].startswith("not a message")
    error: dict[str, Any] = answer[0]["error"]
    return error


@pytest.mark.parametrize("body", NOT_JSON, ids=lambda body: repr(body[:12]))
async def test_what_is_not_json_is_refused_and_the_server_lives(client: LspClient, body: bytes) -> None:
    assert (await refused(client, body))["code"] == -32700
    assert await client.request("dispatch/model/list") == {"models": []}


@pytest.mark.parametrize("body", NO_MESSAGE, ids=repr)
async def test_what_is_no_message_is_refused_and_the_server_lives(client: LspClient, body: bytes) -> None:
    assert (await refused(client, body))["code"] == -32600
    assert await client.request("dispatch/model/list") == {"models": []}


async def test_objects_that_look_like_messages_inside_parameters_are_only_data(client: LspClient) -> None:
    odd = {"jsonrpc": "2.0", "id": 1, "method": "exit", "type_name": "a b", "class": {"$schema": "x"}}
    with pytest.raises(LspError) as caught:
        await client.request("dispatch/session/open", odd)
    assert caught.value.code == -32602
    assert "sessionId" in caught.value.text


@pytest.mark.parametrize(
    "head",
    [b"content-length: %d\r\n\r\n", b"CONTENT-LENGTH:%d\n\n", b"Content-Type: x\r\nContent-Length:  %d\r\n\r\n"],
)
async def test_headers_are_read_tolerantly(client: LspClient, head: bytes) -> None:
    body = b'{"jsonrpc":"2.0","id":"odd","method":"dispatch/model/list"}'
    client.send_bytes(head % len(body) + body)
    answers = await client.wait_until(lambda: [one for one in client.raw if one.get("id") == "odd"])
    assert answers[0]["result"] == {"models": []}


@pytest.mark.parametrize(
    "garbage",
    [
        b"Content-Length: many\r\n\r\n",
        b"Content-Length: 8000000000\r\n\r\n{",
        b"Content-Length: 2\r\n\r\n{} not a header\r\n\r\n",
        b"X: 1\r\n\r\n",
        b"z" * 20_000,
    ],
    ids=lambda garbage: repr(garbage[:28]),
)
async def test_a_stream_that_cannot_be_followed_ends_the_server_so_that_a_fresh_one_starts(
    client: LspClient, garbage: bytes, tmp_path: Path
) -> None:
    await client.request("dispatch/model/list")
    client.send_bytes(garbage)
    assert await client.process.wait() == 2
    assert "cannot be followed" in (tmp_path / "state" / "server.log").read_text()


async def test_requests_before_initialize_are_refused(start: Start) -> None:
    client = await start()
    client.notify("textDocument/didOpen", {"textDocument": {}})
    for method in ("dispatch/model/list", "shutdown", "textDocument/codeAction"):
        with pytest.raises(LspError) as caught:
            await client.request(method, {})
        assert caught.value.code == -32002
    await client.initialize()
    assert await client.request("dispatch/model/list") == {"models": []}


async def test_a_second_initialize_is_refused(client: LspClient) -> None:
    with pytest.raises(LspError) as caught:
        await client.request("initialize", {"capabilities": {}})
    assert caught.value.code == -32600
    assert await client.request("dispatch/model/list") == {"models": []}


async def test_initialize_with_odd_capabilities_is_answered(start: Start) -> None:
    client = await start()
    result = await client.request(
        "initialize",
        {"capabilities": {"textDocument": 7, "window": ["new"], "experimental": {"dispatch": {"protocolVersion": 1}}}},
    )
    assert result["capabilities"]["experimental"] == {"dispatch": {"protocolVersion": 1}}
    assert await client.request("dispatch/model/list") == {"models": []}


async def test_after_shutdown_everything_is_refused_but_exit(client: LspClient) -> None:
    await client.request("shutdown")
    with pytest.raises(LspError) as caught:
        await client.request("dispatch/model/list")
    assert caught.value.code == -32600
    client.notify("exit")
    assert await client.process.wait() == 0


@pytest.mark.parametrize("method", ["dispatch/no/such", "dispatch/session", "textDocument/hover", "nonsense"])
async def test_unknown_requests_are_refused_and_unknown_notifications_passed_over(
    client: LspClient, method: str
) -> None:
    client.notify(method, {})
    with pytest.raises(LspError) as caught:
        await client.request(method, {})
    assert caught.value.code == -32601


async def test_a_notification_sent_as_a_request_and_the_reverse_harm_nobody(client: LspClient) -> None:
    with pytest.raises(LspError) as caught:
        await client.request("textDocument/didOpen", {})
    assert caught.value.code == -32601
    client.notify("textDocument/codeAction", {})
    client.notify("textDocument/didChange", {"contentChanges": 3})
    assert await client.request("dispatch/model/list") == {"models": []}


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({}, "sessionId"),
        ({"sessionId": 7, "messageId": "m", "content": []}, "sessionId"),
        ({"sessionId": "s", "messageId": "m", "content": [{"type": "text"}]}, "content.0"),
        ([1], "object"),
    ],
)
async def test_wrong_parameters_are_answered_with_the_field_that_is_wrong(
    client: LspClient, params: Any, field: str
) -> None:
    with pytest.raises(LspError) as caught:
        await client.request("dispatch/session/prompt", params)
    assert caught.value.code == -32602
    assert field in caught.value.text
    assert caught.value.data == {"kind": "invalid"}


async def test_an_inner_fault_is_told_by_an_id_and_only_the_log_knows_more(
    client: LspClient, session: str, tmp_path: Path
) -> None:
    with pytest.raises(LspError) as caught:
        await client.request("dispatch/session/prompt", prompt(session, "crash"))
    assert caught.value.code == -32603
    assert caught.value.data["kind"] == "internal"
    told = f"{caught.value.text} {caught.value.data}"
    assert SECRET not in told
    assert ".py" not in told
    log = (tmp_path / "state" / "server.log").read_text()
    assert caught.value.data["errorId"] in log
    assert "Traceback" in log
    assert SECRET not in log
    assert await say_and_wait(client, session, "say still here") == "stillhere"


async def test_the_users_errors_keep_their_text_and_kind(client: LspClient, session: str) -> None:
    with pytest.raises(LspError) as caught:
        await client.request("dispatch/session/open", {"sessionId": "ses_none"})
    assert caught.value.data == {"kind": "not_found"}
    assert caught.value.text == "There is no session ses_none."
    with pytest.raises(LspError) as caught:
        await client.request("dispatch/session/prompt", prompt(session, "busy"))
    assert caught.value.data == {"kind": "busy"}
    assert SECRET not in caught.value.text


async def test_a_request_can_be_cancelled(client: LspClient, session: str) -> None:
    running, answer = client.begin("dispatch/session/prompt", prompt(session, "hang"))
    client.notify("$/cancelRequest", {"id": running})
    client.notify("$/cancelRequest", {"id": 4711})
    client.notify("$/cancelRequest", None)
    with pytest.raises(LspError) as caught:
        await answer
    assert caught.value.code == -32800
    assert await say_and_wait(client, session, "say on") == "on"


async def test_an_id_in_use_is_refused_and_the_first_request_goes_on(client: LspClient, session: str) -> None:
    running, answer = client.begin("dispatch/session/prompt", prompt(session, "hang"))
    client.send({"jsonrpc": "2.0", "id": running, "method": "dispatch/model/list"})
    with pytest.raises(LspError) as caught:
        await answer
    assert caught.value.code == -32600
    assert await new_session(client)


async def test_what_prints_goes_to_stderr_and_not_into_the_protocol(client: LspClient, session: str) -> None:
    assert await say_and_wait(client, session, "print") == "done"
    assert await client.shut_down() == 0
    await client.kill()
    assert b"noise from the server" in client.stderr
    assert b"noise from a child" in client.stderr
