"""What is sent: what the libraries of the providers take, and send for the same call; a prefix that does not change."""

import json
from itertools import pairwise
from typing import Any

import pytest
from anthropic.types.message_create_params import MessageCreateParamsStreaming
from hypothesis import given, settings
from hypothesis import strategies as st
from openai.types.chat.completion_create_params import CompletionCreateParamsStreaming
from openai.types.responses.response_create_params import ResponseCreateParamsStreaming

from dispatch_ls.models.conversation import (
    AssistantMessage,
    ImagePart,
    Message,
    Request,
    TextPart,
    ThoughtPart,
    ToolCallPart,
    ToolResult,
    ToolResults,
    ToolSpec,
    UserMessage,
)
from dispatch_ls.protocol.sessions import Effort
from support.model_server import ModelServer, sse
from support.model_streams import STREAMS, Call, Said
from support.models import KEY, READ, WIRES, answer_of, ask, asking
from support.sdk import anthropic_client, openai_client
from support.sdk_types import misfits

OTHER_HEADERS = {
    "chat": {"accept", "accept-encoding", "user-agent", "content-length"},
    "responses": {"accept", "accept-encoding", "user-agent", "content-length"},
    # the key where Anthropic's reference has it, which compatible servers took from there
    "messages": {"accept", "accept-encoding", "user-agent", "content-length", "authorization", "x-api-key"},
}
"""Headers in which we differ from the libraries, besides theirs that begin with `x-stainless-`."""

TYPES: dict[str, Any] = {
    "messages": MessageCreateParamsStreaming,
    "responses": ResponseCreateParamsStreaming,
    "chat": CompletionCreateParamsStreaming,
}
PATHS = {"messages": "/v1/messages", "responses": "/v1/responses", "chat": "/v1/chat/completions"}

SHELL = ToolSpec(name="run_shell", description="Run it.", parameters={"type": "object", "properties": {}})
PIXEL = ImagePart(mime_type="image/png", data="iVBORw0KGgo=")
PAPER = ImagePart(mime_type="application/pdf", data="JVBERi0=")
SAID = Said(
    thought="hm", text="I look.", calls=[Call("call_1", "read_file", '{"path": "a.py"}'), Call("call_2", "run_shell")]
)


async def conversation(wire: str, server: ModelServer) -> tuple[Message, ...]:
    """Two turns as they come to be: the model's part is what it really said on this wire."""
    server.reply(sse(STREAMS[wire](SAID)))
    step = (await ask(wire, server.url)).message
    results = ToolResults(
        results=(
            ToolResult(call_id="call_1", name="read_file", output="x = 1\n"),
            ToolResult(call_id="call_2", name="run_shell", output="no", is_error=True),
        )
    )
    return (
        UserMessage(text="What is in a.py?", images=(PIXEL, PAPER)),
        step,
        results,
        UserMessage(text="And quickly."),
        AssistantMessage(parts=(TextPart(text="x is 1."),)),
        UserMessage(text="Thanks."),
    )


async def sent(wire: str, request: Request, name: str = "m") -> dict[str, Any]:
    """The body that arrives at the provider."""
    async with ModelServer() as server:
        server.always(sse(STREAMS[wire](Said(text="."))))
        answered = await ask(wire, server.url, request, name=name)
        assert answered.error is None
        assert (server.requests[0].method, server.requests[0].path) == ("POST", PATHS[wire])
        found: dict[str, Any] = server.requests[0].json
        return found


async def full(wire: str, **more: Any) -> Request:
    """A request with all that there is."""
    async with ModelServer() as server:
        messages = await conversation(wire, server)
    fields = {"effort": "medium", "max_output": 9000, "cache_key": "ses_1", **more}
    return Request(system="Be brief.", tools=(READ, SHELL), messages=messages, **fields)


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize("effort", ["none", "minimal", "low", "medium", "high", "max", None])
@pytest.mark.parametrize(
    "name", ["m", "claude-sonnet-4-5", "claude-opus-5-5", "gpt-5", "gpt-5.1", "gpt-6-sol", "o4-mini", "gpt-4o"]
)
async def test_the_libraries_know_every_field(wire: str, effort: Effort | None, name: str) -> None:
    body = await sent(wire, await full(wire, effort=effort), name)
    if wire == "chat":
        # no field of OpenAI's own, but of servers that show what the model thought
        body["messages"][2].pop("reasoning_content", None)
    assert misfits(body, TYPES[wire]) == []


@pytest.mark.parametrize("wire", WIRES)
async def test_the_libraries_send_the_same(wire: str) -> None:
    request = await full(wire)
    async with ModelServer() as server:
        server.always(sse(STREAMS[wire](Said(text="."))))
        await ask(wire, server.url, request)
        ours = server.requests[-1]
        if wire == "messages":
            async with anthropic_client(server.url) as claude:
                async for _ in await claude.messages.create(**ours.json):
                    pass
        else:
            async with openai_client(server.url) as client:
                create: Any = client.responses.create if wire == "responses" else client.chat.completions.create
                async for _ in await create(**ours.json):
                    pass
        theirs = server.requests[-1]
    assert ours is not theirs
    assert (ours.method, ours.path, ours.json) == (theirs.method, theirs.path, theirs.json)
    differing = {
        name for name in {*ours.headers, *theirs.headers} if ours.headers.get(name) != theirs.headers.get(name)
    }
    assert {name for name in differing if not name.startswith("x-stainless-")} <= OTHER_HEADERS[wire]
    assert KEY in (ours.headers.get("x-api-key") or ours.headers["authorization"])


def unmarked(body: dict[str, Any]) -> str:
    """The conversation's bytes without the marks of the cache."""
    text = json.dumps(body.get("messages") or body.get("input"), ensure_ascii=False)
    return text.replace(', "cache_control": {"type": "ephemeral"}', "")


@pytest.mark.parametrize("wire", WIRES)
async def test_a_longer_conversation_begins_with_the_same_bytes(wire: str) -> None:
    async with ModelServer() as server:
        messages = await conversation(wire, server)
    # a request is made after a message of the user or after results, which take what he says meanwhile along
    requests = [Request(system="s", tools=(READ, SHELL), messages=messages[:end]) for end in (1, 4, 6)]
    bodies = [await sent(wire, request) for request in requests]
    for shorter, longer in pairwise(bodies):
        assert unmarked(longer).startswith(unmarked(shorter).removesuffix("]"))
        assert longer.get("tools") == shorter.get("tools")
        assert (longer.get("system"), longer.get("instructions")) == (
            shorter.get("system"),
            shorter.get("instructions"),
        )


async def test_anthropic_marks_the_cache_on_tools_system_and_the_last_two_turns() -> None:
    body = await sent("messages", await full("messages"))
    assert [("cache_control" in tool) for tool in body["tools"]] == [False, True]
    assert "cache_control" in body["system"][-1]
    marked = [index for index, message in enumerate(body["messages"]) if "cache_control" in message["content"][-1]]
    assert marked == [2, 4]
    assert json.dumps(body).count("cache_control") == 4


async def test_anthropic_gets_results_first_and_one_message_for_each_turn_of_the_user() -> None:
    body = await sent("messages", await full("messages"))
    assert [message["role"] for message in body["messages"]] == ["user", "assistant", "user", "assistant", "user"]
    results = body["messages"][2]["content"]
    assert [block["type"] for block in results] == ["tool_result", "tool_result", "text"]
    assert [block.get("is_error") for block in results] == [None, True, None]


THOUGHTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40)


@pytest.mark.parametrize("wire", WIRES)
@given(thought=THOUGHTS, signature=st.text("AZaz09+/=", min_size=1, max_size=80))
@settings(max_examples=25, deadline=None)
async def test_thoughts_go_back_byte_for_byte(wire: str, thought: str, signature: str) -> None:
    async with ModelServer() as server, asking(wire, server.url) as model:
        server.always(sse(STREAMS[wire](Said(thought=thought, signature=signature, text="so"))))
        step = (await answer_of(model)).message
        await answer_of(model, Request(system="s", messages=(UserMessage(text="q"), step, UserMessage(text="r"))))
        body = server.requests[-1].json
    if wire == "messages":
        expected: Any = {"type": "thinking", "thinking": thought, "signature": signature}
        assert body["messages"][1]["content"][0] == expected
    elif wire == "responses":
        summary = [{"type": "summary_text", "text": thought}]
        expected = {"id": "rs_1", "type": "reasoning", "encrypted_content": signature, "summary": summary}
        assert body["input"][1] == expected
    else:
        assert body["messages"][2]["reasoning_content"] == thought.replace("\0", "\ufffd")


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize("made_by", WIRES)
async def test_thoughts_of_another_provider_stay_at_home(wire: str, made_by: str) -> None:
    request = await full(made_by)
    text = json.dumps(await sent(wire, request))
    assert ('"hm"' in text) == (wire == made_by)
    assert "I look." in text
    assert "a.py" in text


@pytest.mark.parametrize("wire", ["responses", "chat"])
async def test_thoughts_of_another_key_stay_at_home(wire: str) -> None:
    step = AssistantMessage(
        parts=(
            ThoughtPart(text="", replay={"wire": "openai-responses", "origin": "other", "item": {"type": "reasoning"}}),
            ThoughtPart(text="hm", replay={"wire": "openai-chat", "origin": "other/m", "field": "reasoning"}),
            TextPart(text="so"),
        )
    )
    text = json.dumps(await sent(wire, Request(system="", messages=(step, UserMessage(text="q")))))
    assert "reasoning" not in text.replace('"reasoning": {"summary": "auto"}', "").replace("reasoning.encrypted", "")


async def test_a_turn_that_another_model_began_goes_on_without_a_thinking_budget() -> None:
    call = ToolCallPart(call_id="a", name="read_file", arguments="{}")
    results = ToolResults(results=(ToolResult(call_id="a", name="read_file", output="x"),))
    begun = (UserMessage(text="q"), AssistantMessage(parts=(call,)), results)
    for messages, thinks in ((begun, False), ((*begun, UserMessage(text="steered")), False), (begun[:1], True)):
        body = await sent("messages", Request(system="", messages=messages, effort="high"), "claude-sonnet-4-5")
        assert ("thinking" in body) == thinks


@pytest.mark.parametrize("wire", WIRES)
async def test_broken_arguments_go_back_as_json(wire: str) -> None:
    """What can't be parsed would be refused, and the conversation with it."""
    for arguments in ("", "{", "[1]", "null", '{"a": NaN}', '{"a": 1', '{"a": "\\ud800"}'):
        call = ToolCallPart(call_id="a", name="read_file", arguments=arguments)
        results = ToolResults(results=(ToolResult(call_id="a", name="read_file", output="x"),))
        body = await sent(
            wire, Request(system="", messages=(UserMessage(text="q"), AssistantMessage(parts=(call,)), results))
        )
        if wire == "messages":
            assert isinstance(body["messages"][1]["content"][0]["input"], dict)
        else:
            told = body["input"][1] if wire == "responses" else body["messages"][1]["tool_calls"][0]["function"]
            assert isinstance(json.loads(told["arguments"]), dict)


@pytest.mark.parametrize("wire", WIRES)
async def test_what_parsers_refuse_goes_as_a_replacement(wire: str) -> None:
    hostile = "lone \ud800 low \udc00 pair \ud83d\ude00 nul \0 escape \x1b line \u2028"
    results = ToolResults(results=(ToolResult(call_id="a", name="read_file", output=hostile),))
    call = ToolCallPart(call_id="a", name="read_file", arguments='{"path": "a\\u0000"}')
    messages = (UserMessage(text=hostile), AssistantMessage(parts=(TextPart(text=hostile), call)), results)
    text = json.dumps(await sent(wire, Request(system=hostile, messages=messages)), ensure_ascii=False)
    text.encode()
    assert text.count("pair 😀 nul \ufffd escape") == 4


@pytest.mark.parametrize("wire", WIRES)
async def test_call_ids_are_unique_and_as_the_wire_wants_them(wire: str) -> None:
    def step(call_id: str) -> tuple[Message, ...]:
        call = ToolCallPart(call_id=call_id, name="read_file", arguments="{}")
        result = ToolResult(call_id=call_id, name="read_file", output="x")
        return AssistantMessage(parts=(call,)), ToolResults(results=(result,))

    given_ids = ("functions.read:0", "call_0", "call_0", "x" * 200, "a b", "", "functions.read:0")
    messages = tuple(message for call_id in given_ids for message in step(call_id))
    body = await sent(wire, Request(system="", messages=(UserMessage(text="q"), *messages)))
    match wire:
        case "messages":
            blocks = [block for message in body["messages"] for block in message["content"]]
            calls = [block["id"] for block in blocks if block["type"] == "tool_use"]
            results = [block["tool_use_id"] for block in blocks if block["type"] == "tool_result"]
            assert all(
                set(one) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") for one in calls
            )
        case "responses":
            calls = [item["call_id"] for item in body["input"] if item.get("type") == "function_call"]
            results = [item["call_id"] for item in body["input"] if item.get("type") == "function_call_output"]
        case _:
            calls = [call["id"] for message in body["messages"] for call in message.get("tool_calls", ())]
            results = [message["tool_call_id"] for message in body["messages"] if message["role"] == "tool"]
    assert calls == results
    assert len(set(calls)) == len(given_ids)
    assert all(0 < len(one) <= 64 for one in calls)


@pytest.mark.parametrize(
    ("name", "effort", "thinking", "limit"),
    [
        ("claude-opus-4-1", "high", {"type": "enabled", "budget_tokens": 20_000}, 32_000),
        ("claude-sonnet-4-5-20250929", "low", {"type": "enabled", "budget_tokens": 4096}, 64_000),
        ("claude-sonnet-4-5", "none", {"type": "disabled"}, 64_000),
        ("claude-sonnet-5", "none", {"type": "disabled"}, 64_000),
        ("claude-sonnet-5-5", "none", {"type": "between_tools"}, 64_000),
        ("anthropic.claude-sonnet-5-5-v1:0", "none", {"type": "between_tools"}, 64_000),
        ("claude-haiku-5-5", "none", {"type": "disabled"}, 64_000),
        ("claude-opus-5-5", "none", {"type": "adaptive", "display": "summarized"}, 64_000),
        ("claude-fable-5", "none", {"type": "adaptive", "display": "summarized"}, 64_000),
        ("claude-opus-4-6", "max", {"type": "adaptive", "display": "summarized"}, 64_000),
        ("a-name-of-a-proxy", "minimal", {"type": "adaptive", "display": "summarized"}, 64_000),
        ("claude-sonnet-4-5", None, None, 64_000),
    ],
)
async def test_anthropic_thinks_as_the_model_wants_to_be_told(
    name: str, effort: Effort | None, thinking: object, limit: int
) -> None:
    body = await sent("messages", Request(system="", messages=(UserMessage(text="q"),), effort=effort), name)
    assert (body.get("thinking"), body["max_tokens"]) == (thinking, limit)
    if isinstance(thinking, dict) and thinking["type"] == "adaptive":
        assert body["output_config"] == {"effort": {"max": "max"}.get(str(effort), "low")}


@pytest.mark.parametrize(
    ("name", "effort", "told"),
    [
        ("gpt-5", "none", "minimal"),
        ("gpt-5", "max", "high"),
        ("gpt-5.1", "minimal", "low"),
        ("gpt-5.4", "max", "xhigh"),
        ("gpt-6-sol", "max", "max"),
        ("o4-mini", "none", "low"),
        ("openai.gpt-5.5", "none", "none"),
        ("gpt-4o", "high", None),
        ("gpt-5-chat-latest", "high", None),
    ],
)
async def test_openai_is_told_an_effort_that_the_model_knows(name: str, effort: Effort, told: str | None) -> None:
    body = await sent("responses", Request(system="", messages=(UserMessage(text="q"),), effort=effort), name)
    assert body.get("reasoning", {}).get("effort") == told
    assert ("include" in body) == (told is not None)
    assert body["store"] is False
