"""What servers make of the chat completions protocol: deltas without index or id, thoughts by other names, dialects."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch_ls.models.conversation import (
    AssistantMessage,
    Request,
    ThoughtPart,
    ToolCallPart,
    ToolResult,
    ToolResults,
    UserMessage,
)
from dispatch_ls.models.dialects import dialect_of
from dispatch_ls.models.openai_chat import OpenAIChat
from dispatch_ls.protocol.sessions import Effort
from support.model_server import ModelServer, sse
from support.model_streams import DONE, STREAMS, Call, Said, event
from support.models import WIRES, Answered, ask

ARGUMENTS = '{"path": "a.py"}'


def chunk(delta: dict[str, Any], finish: str | None = None, **more: Any) -> bytes:
    return event({"choices": [{"index": 0, "delta": delta, "finish_reason": finish}], **more})


def call(arguments: Any = None, name: str | None = None, **more: Any) -> bytes:
    function = {key: value for key, value in {"name": name, "arguments": arguments}.items() if value is not None}
    return chunk({"tool_calls": [{**more, "function": function}]})


async def read(*chunks: bytes, wire: str = "chat") -> Answered:
    async with ModelServer() as server:
        server.always(sse(b"".join(chunks)))
        return await ask(wire, server.url)


END = chunk({}, "tool_calls") + DONE


@pytest.mark.parametrize(
    ("chunks", "calls"),
    [
        (  # as OpenAI does it, two calls in turns
            [
                call("", "a", index=0, id="x"),
                call("", "b", index=1, id="y"),
                call('{"path"', index=0),
                call("{", index=1),
                call(': "a.py"}', index=0),
                call("}", index=1),
            ],
            [("x", "a", ARGUMENTS), ("y", "b", "{}")],
        ),
        (  # no index: by id, and by the last one
            [call('{"path"', "a", id="x"), call(': "a.py"}'), call("{}", "b", id="y")],
            [("x", "a", ARGUMENTS), ("y", "b", "{}")],
        ),
        (  # no index, the id in each delta
            [call('{"path"', "a", id="x"), call("{", "b", id="y"), call(': "a.py"}', id="x"), call("}", id="y")],
            [("x", "a", ARGUMENTS), ("y", "b", "{}")],
        ),
        (  # every call has the index 0
            [call(ARGUMENTS, "a", index=0, id="x"), call("{}", "b", index=0, id="y")],
            [("x", "a", ARGUMENTS), ("y", "b", "{}")],
        ),
        (  # no id at all
            [call(ARGUMENTS, "a", index=0), call("{}", "b", index=1)],
            [("call_0", "a", ARGUMENTS), ("call_1", "b", "{}")],
        ),
        (  # the same id twice
            [call(ARGUMENTS, "a", index=0, id="x"), call("{}", "b", index=1, id="x")],
            [("x", "a", ARGUMENTS), ("x_1", "b", "{}")],
        ),
        (  # the name comes after the arguments have begun
            [call('{"path"', index=0, id="x"), call(': "a.py"', index=0), call("}", "a", index=0)],
            [("x", "a", ARGUMENTS)],
        ),
        (  # the name and the id in every delta
            [call('{"path"', "a", index=0, id="x"), call(': "a.py"}', "a", index=0, id="x")],
            [("x", "a", ARGUMENTS)],
        ),
        (  # the arguments as an object, or none at all
            [call({"path": "a.py"}, "a", index=0, id="x"), call(None, "b", index=1, id="y")],
            [("x", "a", ARGUMENTS), ("y", "b", "{}")],
        ),
        (  # an empty id and null in between
            [call("{", "a", index=0, id="x"), call("}", index=0, id=""), chunk({"tool_calls": None, "content": None})],
            [("x", "a", "{}")],
        ),
    ],
)
@pytest.mark.parametrize("finish", ["tool_calls", "stop", "function_call"])
async def test_calls_are_put_together(chunks: list[bytes], calls: list[tuple[str, str, str]], finish: str) -> None:
    answered = await read(*chunks, chunk({}, finish), DONE)
    assert (answered.error, answered.calls, answered.finish) == (None, calls, "tool_calls")


async def test_two_hundred_calls_at_once() -> None:
    chunks = [call(ARGUMENTS, "a", index=index, id="same") for index in range(200)]
    answered = await read(*chunks, END)
    assert len({call_id for call_id, _, _ in answered.calls}) == 200
    assert {(name, arguments) for _, name, arguments in answered.calls} == {("a", ARGUMENTS)}


@pytest.mark.parametrize("wire", WIRES)
async def test_the_same_call_id_twice_is_two_calls(wire: str) -> None:
    answered = await read(STREAMS[wire](Said(calls=[Call("x", "a"), Call("x", "b")])), wire=wire)
    assert [name for _, name, _ in answered.calls] == ["a", "b"]
    assert len({call_id for call_id, _, _ in answered.calls}) == 2


@pytest.mark.parametrize(
    ("usage", "tokens"),
    [
        (
            {"usage": {"prompt_tokens": 9, "completion_tokens": 4, "prompt_tokens_details": {"cached_tokens": 5}}},
            (9, 4, 5),
        ),
        ({"usage": {"prompt_tokens": 9, "completion_tokens": 4, "prompt_cache_hit_tokens": 5}}, (9, 4, 5)),
        ({"x_groq": {"usage": {"prompt_tokens": 9, "completion_tokens": 4}}}, (9, 4, 0)),
        ({"usage": None}, (0, 0, 0)),
        ({"usage": {"prompt_tokens": None, "completion_tokens_details": None}}, (0, 0, 0)),
    ],
)
async def test_usage_wherever_it_is(usage: dict[str, Any], tokens: tuple[int, int, int]) -> None:
    for chunks in ([chunk({"content": "x"}, "stop", **usage)], [chunk({"content": "x"}, "stop"), event({**usage})]):
        answered = await read(*chunks, DONE)
        assert (answered.usage.input, answered.usage.output, answered.usage.cache_read) == tokens


@pytest.mark.parametrize(
    ("finish", "ours"),
    [
        ("stop", "stop"),
        ("eos", "stop"),
        ("length", "length"),
        ("model_length", "length"),
        ("content_filter", "refusal"),
    ],
)
async def test_why_it_stopped(finish: str, ours: str) -> None:
    assert (await read(chunk({"content": "x"}, finish), DONE)).finish == ours


@pytest.mark.parametrize("finish", ["error", "insufficient_system_resource"])
async def test_a_server_that_broke_down_says_so_as_a_reason(finish: str) -> None:
    answered = await read(chunk({"content": "x"}), chunk({}, finish), DONE)
    assert answered.error is not None
    assert (answered.error.error_class, answered.text) == ("server", "x")


async def test_the_end_mark_is_an_end_but_not_of_nothing() -> None:
    assert (await read(chunk({"content": "x"}), DONE)).finish == "stop"
    assert (await read(chunk({"role": "assistant"}), DONE)).error is not None


async def test_a_refusal_is_said_and_marked() -> None:
    answered = await read(chunk({"refusal": "I won't."}), chunk({}, "stop"), DONE)
    assert (answered.text, answered.finish) == ("I won't.", "refusal")


async def test_mistral_thinks_in_parts_of_the_content() -> None:
    thinking = {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}
    answered = await read(
        chunk({"content": [thinking]}), chunk({"content": [{"type": "text", "text": "so"}]}), chunk({}, "stop")
    )
    assert (answered.thought, answered.text) == ("hm", "so")


@pytest.mark.parametrize("field", ["reasoning_content", "reasoning"])
async def test_thoughts_go_back_by_the_name_they_came_by(field: str) -> None:
    async with ModelServer() as server:
        server.always(sse(chunk({field: "hm "}) + chunk({field: "so"}) + call("{}", "a", index=0, id="x") + END))
        first = await ask("chat", server.url)
        results = ToolResults(results=(ToolResult(call_id="x", name="a", output="o"),))
        await ask("chat", server.url, Request(system="", messages=(UserMessage(text="q"), first.message, results)))
    assert first.thought == "hm so"
    assert server.requests[1].json["messages"][1][field] == "hm so"


async def test_structured_thoughts_go_back_whole() -> None:
    """OpenRouter's: the text comes in pieces, the signature with the last one."""
    kind = {"type": "reasoning.text", "format": "anthropic-claude-v1", "index": 0}
    pieces: list[dict[str, str | None]] = [{"text": "hm "}, {"text": "so"}, {"signature": "c2ln", "text": None}]
    stream = b"".join(
        chunk({"reasoning": piece.get("text"), "reasoning_details": [{**kind, **piece}]}) for piece in pieces
    )
    async with ModelServer() as server:
        server.always(sse(stream + chunk({"content": "yes"}) + chunk({}, "stop") + DONE))
        first = await ask("chat", server.url)
        messages = (UserMessage(text="q"), first.message, UserMessage(text="r"))
        await ask("chat", server.url, Request(system="", messages=messages))
    told = server.requests[1].json["messages"][1]
    assert told["reasoning_details"] == [{**kind, "text": "hm so", "signature": "c2ln"}]
    assert "reasoning" not in told


async def test_a_thought_that_comes_with_or_after_the_calls_goes_back_too() -> None:
    hidden = {"type": "reasoning.encrypted", "data": "c2ln", "id": "x", "index": 1}
    shown = {"type": "reasoning.text", "text": "hm", "index": 0}
    stream = chunk({"reasoning": "hm", "reasoning_details": [shown]}) + call("{}", "a", index=0, id="x")
    async with ModelServer() as server:
        server.always(sse(stream + chunk({"reasoning_details": [hidden]}) + END))
        first = await ask("chat", server.url)
        results = ToolResults(results=(ToolResult(call_id="x", name="a", output="o"),))
        await ask("chat", server.url, Request(system="", messages=(UserMessage(text="q"), first.message, results)))
    assert (first.thought, first.calls) == ("hm", [("x", "a", "{}")])
    assert server.requests[1].json["messages"][1]["reasoning_details"] == [shown, hidden]


async def test_signatures_of_calls_go_back_with_their_calls() -> None:
    signature = {"google": {"thought_signature": "c2ln"}}
    signed = call(ARGUMENTS, "a", index=0, id="x", extra_content=signature)
    async with ModelServer() as server:
        server.always(sse(signed + call("{}", "b", index=1, id="y") + END))
        first = await ask("chat", server.url)
        results = ToolResults(results=(ToolResult(call_id="x", name="a", output="o"),))
        await ask("chat", server.url, Request(system="", messages=(UserMessage(text="q"), first.message, results)))
    calls = server.requests[1].json["messages"][1]["tool_calls"]
    assert [each.get("extra_content") for each in calls] == [signature, None]


def body(base_url: str, effort: Effort | None = None, *more: Any) -> dict[str, Any]:
    call_part = ToolCallPart(call_id="toolu_0123456789", name="a", arguments="{}")
    thought = ThoughtPart(text="hm", replay={"wire": "anthropic", "signature": "c2ln"})
    results = ToolResults(results=(ToolResult(call_id="toolu_0123456789", name="a", output="o"),))
    messages = (UserMessage(text="q"), AssistantMessage(parts=(thought, call_part)), results, *more)
    request = Request(system="s", messages=messages, effort=effort, max_output=5, cache_key="ses_1")
    built: dict[str, Any] = OpenAIChat("m", "key", dialect_of(base_url)).body(request)
    return json.loads(json.dumps(built))  # type: ignore[no-any-return]


def test_mistral_gets_its_own_ids_and_no_field_it_refuses() -> None:
    built = body("https://api.mistral.ai/v1", None, UserMessage(text="and?"))
    assert {"stream_options", "max_completion_tokens", "prompt_cache_key"}.isdisjoint(built)
    told = built["messages"]
    assert len(told[2]["tool_calls"][0]["id"]) == 9
    assert told[3]["tool_call_id"] == told[2]["tool_calls"][0]["id"]
    assert [message["role"] for message in told] == ["system", "user", "assistant", "tool", "assistant", "user"]


def test_google_gets_a_signature_for_calls_of_others() -> None:
    told = body("https://generativelanguage.googleapis.com/v1beta/openai")["messages"]
    assert told[2]["tool_calls"][0]["extra_content"]["google"]["thought_signature"]
    assert "extra_content" not in body("http://127.0.0.1:8080/v1")["messages"][2]["tool_calls"][0]


@pytest.mark.parametrize(
    ("base_url", "effort", "told"),
    [
        ("https://openrouter.ai/api/v1", "none", {"reasoning": {"enabled": False}}),
        ("https://openrouter.ai/api/v1", "max", {"reasoning": {"effort": "xhigh"}}),
        ("https://api.deepseek.com/v1", "high", {"thinking": {"type": "enabled"}}),
        ("https://api.deepseek.com/v1", "none", {"thinking": {"type": "disabled"}}),
        ("https://api.groq.com/openai/v1", "max", {"reasoning_effort": "high"}),
        ("https://api.openai.com/v1", "minimal", {"reasoning_effort": "minimal"}),
        ("http://127.0.0.1:11434/v1", "minimal", {"reasoning_effort": "low"}),
        ("http://127.0.0.1:11434/v1", None, {}),
        ("https://api.mistral.ai.evil.example/v1", "none", {"reasoning_effort": "low"}),
    ],
)
def test_how_hard_to_think_in_each_dialect(base_url: str, effort: Effort | None, told: dict[str, Any]) -> None:
    built = body(base_url, effort)
    assert {key: built[key] for key in ("reasoning", "reasoning_effort", "thinking") if key in built} == told


TEXTS = st.text(st.characters(codec=None) | st.sampled_from("😀👩‍💻é\ud83d\ude00"), max_size=30)


@pytest.mark.parametrize("wire", WIRES)
@given(text=TEXTS, size=st.integers(1, 3))
@settings(max_examples=40, deadline=None)
async def test_characters_cut_in_two_are_joined(wire: str, text: str, size: int) -> None:
    """Servers in JavaScript slice by UTF-16 units; what is half a character for good becomes U+FFFD."""
    units = text.encode("utf-16-le", "surrogatepass")
    halves = "".join(units[at : at + 2].decode("utf-16-le", "surrogatepass") for at in range(0, len(units), 2))
    answered = await read(STREAMS[wire](Said(text=halves, thought=halves and "x" + halves, size=size)), wire=wire)
    whole = units.decode("utf-16-le", "replace")
    assert (answered.error, answered.text) == (None, whole)
    assert answered.thought == (whole and "x" + whole)
    answered.text.encode()
