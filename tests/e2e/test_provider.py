"""Turns against a provider over HTTP: what it is sent, and how each of its failures ends (PV rows, LOOP-8)."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from support.conversation import prompt
from support.lsp_client import LspClient
from support.model_server import FIN, HANG, ModelServer, Reply, body, sse
from support.model_streams import STREAMS, Call, Said
from support.serving import Site

SECRET = "sk-canary-0123456789abcdef0123456789"
PROVIDERS = {"messages": "anthropic", "responses": "openai", "chat": "openai-compatible"}
CONFIG = """\
version = 1

[[keys]]
id = "key"
provider = "{provider}"
base_url = "{url}"
secret = {{ env = "THE_SECRET" }}

[[models]]
id = "model"
keys = ["key"]
"""


@asynccontextmanager
async def turn(tmp_path: Path, server: ModelServer, wire: str = "chat") -> AsyncIterator[tuple[LspClient, str]]:
    """A session on a model of this server, with a turn under way."""
    site = Site.made(tmp_path / "site", files={"a.txt": "one\n", "b.txt": "two\n"})
    site.config.write_text(CONFIG.format(provider=PROVIDERS[wire], url=server.url))
    async with await LspClient.start(cwd=site.root, env={**site.environment, "THE_SECRET": SECRET}) as client:
        await client.initialize(site.root, options={"trusted": False})
        session_id = (await client.request("dispatch/session/new"))["sessionId"]
        await client.request("dispatch/session/open", {"sessionId": session_id})
        await client.request("dispatch/session/prompt", prompt(session_id, "go"))
        yield client, session_id
        assert SECRET not in json.dumps(client.raw)
        assert "Traceback" not in json.dumps(client.raw)
        state = b"".join(path.read_bytes() for path in site.state.rglob("*") if path.is_file())
        assert SECRET.encode() not in state


def reading(wire: str, name: str) -> Reply:
    """An answer that reads a file."""
    call = Call(f"call_{name}", "read_file", json.dumps({"path": name}))
    return sse(STREAMS[wire](Said(text="Reading.", thought="Hm.", calls=[call])))


def unmarked(value: Any) -> Any:
    """Without the marks of what is to be cached, which move and are no part of what is cached."""
    if isinstance(value, dict):
        return {name: unmarked(each) for name, each in value.items() if name != "cache_control"}
    return [unmarked(each) for each in value] if isinstance(value, list) else value


@pytest.mark.parametrize("wire", PROVIDERS)
async def test_each_request_begins_with_the_bytes_of_the_one_before(tmp_path: Path, wire: str) -> None:
    async with ModelServer() as server:
        server.reply(reading(wire, "a.txt"), reading(wire, "b.txt"), sse(STREAMS[wire](Said(text="Done."))))
        async with turn(tmp_path, server, wire) as (client, session_id):
            ended = await client.wait_for_event(session_id, "turn.ended")
        assert ended["data"]["stopReason"] == "end_turn"
        assert ended["data"]["usage"]["requests"] == 3
    bodies = [unmarked(request.json) for request in server.requests]
    turns = "input" if wire == "responses" else "messages"
    for before, now in pairwise(bodies):
        said, more = before.pop(turns), now[turns]
        assert more[: len(said)] == said
        assert json.dumps(more).startswith(json.dumps(said)[:-1])
        assert list(before) == [name for name in now if name != turns]
        assert before == {name: value for name, value in now.items() if name != turns}
    assert len(server.requests[0].body) < 10_000


FAILURES: Mapping[str, tuple[Reply, str]] = {
    "a wrong key": (body({"error": {"message": f"Incorrect API key: {SECRET}"}}, 401), "auth"),
    "no such model": (body({"error": {"message": "no such model", "code": "model_not_found"}}, 404), "unknown_model"),
    "too long": (body({"error": {"message": "too long", "code": "context_length_exceeded"}}, 400), "context_length"),
    "no money": (body({"error": {"message": "quota", "code": "insufficient_quota"}}, 429), "exhausted"),
    "an absurd pause": (body({"error": {"message": "slow"}}, 429, retry_after="999999"), "rate_limit"),
    "cut off in the middle": (
        sse(STREAMS["chat"](Said(text="This is not the end of it"))[:-400], end=FIN),
        "network",
    ),
}


@pytest.mark.parametrize("failure", FAILURES)
async def test_a_failed_model_call_ends_the_turn_with_its_class(tmp_path: Path, failure: str) -> None:
    reply, error_class = FAILURES[failure]
    async with ModelServer() as server:
        server.always(reply)
        async with turn(tmp_path, server) as (client, session_id):
            ended = await client.wait_for_event(session_id, "turn.ended")
        assert ended["data"]["stopReason"] == "error"
        assert ended["data"]["errorClass"] == error_class
        assert ended["data"]["error"]
        assert len(server.requests) == 1


async def test_what_a_cut_stream_said_is_kept_once_and_marked(tmp_path: Path) -> None:
    stream = STREAMS["chat"](Said(text="This is what was said", size=4))
    async with ModelServer() as server:
        server.always(sse(stream[: stream.index(b"\n\n", len(stream) // 2) + 2], end=FIN))
        async with turn(tmp_path, server) as (client, session_id):
            await client.wait_for_event(session_id, "turn.ended")
            said = [
                event["data"]
                for event in client.events(session_id)
                if event["type"] == "item.completed" and event["data"].get("role") == "assistant"
            ]
    assert len(said) == 1
    assert said[0]["truncated"] is True
    assert "This is what was said".startswith(said[0]["text"])


TRANSIENT: Mapping[str, Reply] = {
    "a rate limit with a pause": body({"error": {"message": "slow"}}, 429, retry_after="0"),
    "a fault of the server": body({"error": {"message": "oops"}}, 500),
    "a page instead of JSON": body(b"<html>Bad gateway</html>", 502, content_type="text/html"),
    "nothing": body(b"", 200, content_type="text/event-stream"),
}


@pytest.mark.parametrize("trouble", TRANSIENT)
async def test_passing_trouble_before_the_first_word_is_waited_out_and_said(tmp_path: Path, trouble: str) -> None:
    async with ModelServer() as server:
        server.reply(TRANSIENT[trouble], sse(STREAMS["chat"](Said(text="Hello."))))
        async with turn(tmp_path, server) as (client, session_id):
            ended = await client.wait_for_event(session_id, "turn.ended")
            changes = [e["data"] for e in client.events(session_id) if e["type"] == "model.changed"]
        assert ended["data"]["stopReason"] == "end_turn"
        assert any(change.get("willRetry") for change in changes)
        assert len(server.requests) == 2


async def test_stopping_a_model_that_hangs_closes_the_connection(tmp_path: Path) -> None:
    stream = STREAMS["chat"](Said(text="Let me think"))
    async with ModelServer() as server:
        server.always(sse(stream[: stream.index(b"\n\n", len(stream) // 3) + 2], end=HANG))
        async with turn(tmp_path, server) as (client, session_id):
            await client.wait_for("$/dispatch/delta")
            await client.request("dispatch/session/cancel", {"sessionId": session_id})
            await server.closed.acquire()
            ended = await client.wait_for_event(session_id, "turn.ended")
        assert ended["data"]["stopReason"] == "cancelled"
