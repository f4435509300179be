"""Every way a provider fails, on all three wires over real connections (PV-01, 02, 04, 05, 13)."""

import asyncio
import gzip
import json
from datetime import timedelta
from email.utils import format_datetime

import pytest

from dispatch_ls.models.answer import Timeouts
from dispatch_ls.models.parts import TextDelta
from dispatch_ls.protocol.base import now
from dispatch_ls.protocol.errors import ErrorClass, ProviderError
from support.model_server import FIN, HANG, RST, ModelServer, Reply, body, sse
from support.model_streams import STREAMS, Call, Said, event
from support.models import HELLO, KEY, WIRES, Answered, answer_of, ask, asking

SAID = Said(thought="let me see", text="Hello, world: é 😀!", size=5)
ENDS = {
    "messages": [b'"message_delta"'],
    "responses": [b'"response.completed"'],
    "chat": [b'"finish_reason": "stop"'],
}
"""What says on each wire that the model has finished."""

pytestmark = pytest.mark.parametrize("wire", WIRES)


async def answer_to(wire: str, *replies: Reply, timeouts: Timeouts | None = None) -> Answered:
    async with ModelServer() as server:
        server.reply(*replies)
        answered = await ask(wire, server.url, timeouts=timeouts)
        assert len(server.requests) == 1, "who asks decides about another attempt"
        return answered


def failure(answered: Answered) -> ProviderError:
    assert answered.error is not None
    assert KEY not in str(answered.error)
    assert "Traceback" not in str(answered.error)
    return answered.error


def unfinished(wire: str) -> bytes:
    """The stream up to the event that says that the model has finished."""
    stream = STREAMS[wire](SAID)
    return stream[: stream.rindex(b"\n\n", 0, min(stream.index(end) for end in ENDS[wire])) + 2]


def error_body(wire: str, message: str, kind: str = "some_error", code: str | None = None) -> object:
    if wire == "messages":
        return {"type": "error", "error": {"type": kind, "message": message}}
    return {"error": {"message": message, "type": kind, "code": code, "param": None}}


REFUSALS = [
    (401, "authentication_error", "invalid x-api-key", ErrorClass.AUTH, False),
    (403, "permission_error", "not allowed to use this", ErrorClass.AUTH, False),
    (402, "billing_error", "payment required", ErrorClass.EXHAUSTED, False),
    (404, "not_found_error", "model: nope", ErrorClass.UNKNOWN_MODEL, False),
    (413, "request_too_large", "Request exceeds the maximum size", ErrorClass.CONTEXT_LENGTH, False),
    (400, "invalid_request_error", "prompt is too long: 210000 tokens > 200000", ErrorClass.CONTEXT_LENGTH, False),
    (400, "invalid_request_error", "maximum context length is 8192 tokens", ErrorClass.CONTEXT_LENGTH, False),
    (400, "invalid_request_error", "messages.0: must not be empty", ErrorClass.BAD_REQUEST, False),
    (400, "invalid_request_error", "Your credit balance is too low", ErrorClass.EXHAUSTED, False),
    (422, "extra_forbidden", "Extra inputs are not permitted", ErrorClass.BAD_REQUEST, False),
    (429, "rate_limit_error", "slow down", ErrorClass.RATE_LIMIT, True),
    (429, "insufficient_quota", "You exceeded your current quota", ErrorClass.EXHAUSTED, False),
    (408, "timeout", "took too long", ErrorClass.TIMEOUT, True),
    (500, "api_error", "Internal server error", ErrorClass.SERVER, True),
    (502, "bad_gateway", "Bad gateway", ErrorClass.SERVER, True),
    (503, "unavailable", "try later", ErrorClass.SERVER, True),
    (529, "overloaded_error", "Overloaded", ErrorClass.SERVER, True),
    (301, "moved", "elsewhere", ErrorClass.BAD_REQUEST, False),
]


@pytest.mark.parametrize(("status", "kind", "message", "error_class", "retryable"), REFUSALS)
async def test_a_refusal_is_classed(
    wire: str, status: int, kind: str, message: str, error_class: ErrorClass, *, retryable: bool
) -> None:
    error = failure(await answer_to(wire, body(error_body(wire, message, kind), status)))
    assert (error.error_class, error.retryable, error.status) == (error_class, retryable, status)
    assert message in str(error)
    assert error.retry_after is None


@pytest.mark.parametrize(
    ("status", "kind", "code", "error_class"),
    [
        (429, "rate_limit_error", "enforced_spend_limit_reached", ErrorClass.EXHAUSTED),
        (429, "rate_limit_error", "contract_spend_limit_reached", ErrorClass.EXHAUSTED),
        (402, "billing_error", "linked_organization_spend_limit_reached", ErrorClass.EXHAUSTED),
        (429, "rate_limit_error", "ramp_limit_exceeded", ErrorClass.RATE_LIMIT),
        (400, "invalid_request_error", "organization_on_hold", ErrorClass.AUTH),
        (400, "invalid_request_error", "request_body_timeout", ErrorClass.TIMEOUT),
        (400, "invalid_request_error", "tool_name_conflict", ErrorClass.BAD_REQUEST),
    ],
)
async def test_the_finest_name_of_an_error_classes_it(
    wire: str, status: int, kind: str, code: str, error_class: ErrorClass
) -> None:
    """A spent budget comes as a rate limit, with a time to wait even: no wait of minutes mends it."""
    said = {"type": "error", "error": {"type": kind, "message": "it happened", "details": {"error_code": code}}}
    error = failure(await answer_to(wire, body(said, status, retry_after="30")))
    retryable = error_class in (ErrorClass.RATE_LIMIT, ErrorClass.TIMEOUT)
    assert (error.error_class, error.retryable) == (error_class, retryable)
    streamed = failure(await answer_to(wire, sse(unfinished(wire) + event(said, "error"))))
    assert streamed.error_class is error_class


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry_after": "75"}, 75),
        ({"retry_after": "0.5"}, 0.5),
        ({"retry_after_ms": "1500", "retry_after": "9"}, 1.5),
        ({"retry_after": "-3"}, 0),
        ({"retry_after": "99999999"}, 99999999),
        ({"retry_after": "1e999"}, None),
        ({"retry_after": "soon"}, None),
        ({"retry_after": ""}, None),
        ({}, None),
    ],
)
async def test_how_long_to_wait(wire: str, headers: dict[str, str], seconds: float | None) -> None:
    error = failure(await answer_to(wire, body(error_body(wire, "slow down"), 429, **headers)))
    assert (error.error_class, error.retry_after) == (ErrorClass.RATE_LIMIT, seconds)


@pytest.mark.parametrize("minutes", [-5, 5])
async def test_how_long_to_wait_as_a_date(wire: str, minutes: int) -> None:
    date = format_datetime(now() + timedelta(minutes=minutes), usegmt=True)
    error = failure(await answer_to(wire, body(error_body(wire, "slow down"), 429, retry_after=date)))
    assert error.retry_after is not None
    assert max(0, minutes * 60 - 60) <= error.retry_after <= max(0, minutes * 60)


@pytest.mark.parametrize(
    ("page", "status", "error_class"),
    [
        (b"<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>", 502, ErrorClass.SERVER),
        (b"<!DOCTYPE html><title>Sign in to the Wi-Fi</title>", 200, ErrorClass.SERVER),
        (b"", 200, ErrorClass.SERVER),
        (b"  \r\n ", 200, ErrorClass.SERVER),
        (b"", 500, ErrorClass.SERVER),
        (b"upstream connect error", 503, ErrorClass.SERVER),
        (b"\xff\xfe\x00binary", 500, ErrorClass.SERVER),
        (b"{", 200, ErrorClass.SERVER),
        (b"[1, 2", 429, ErrorClass.RATE_LIMIT),
        (b"[" * 100_000, 400, ErrorClass.BAD_REQUEST),
        (b"{}", 200, ErrorClass.SERVER),
        (b"[]", 200, ErrorClass.SERVER),
        (b"just text", 200, ErrorClass.NETWORK),
    ],
)
@pytest.mark.parametrize("content_type", ["text/html", "application/json", "text/event-stream", ""])
async def test_what_is_no_answer_is_not_read_as_one(
    wire: str, page: bytes, status: int, error_class: ErrorClass, content_type: str
) -> None:
    answered = await answer_to(wire, body(page, status, content_type=content_type))
    assert failure(answered).error_class is error_class
    assert (answered.parts, answered.finish) == ([], None)


@pytest.mark.parametrize("framing", ["chunked", None])
async def test_a_stream_that_ends_before_the_model_has_finished_was_cut_off(wire: str, framing: str | None) -> None:
    answered = await answer_to(wire, sse(unfinished(wire), framing=framing))
    error = failure(answered)
    assert (error.error_class, error.retryable) == (ErrorClass.NETWORK, True)
    assert (answered.text, answered.thought, answered.finish) == (SAID.text, SAID.thought, None)


@pytest.mark.parametrize("end", [FIN, RST])
@pytest.mark.parametrize("place", [0.1, 0.5, 0.9])
async def test_a_connection_that_breaks_keeps_what_came(wire: str, end: object, place: float) -> None:
    stream = unfinished(wire)
    answered = await answer_to(wire, sse(stream[: int(len(stream) * place)], end=end))  # type: ignore[arg-type]
    assert failure(answered).error_class is ErrorClass.NETWORK
    assert failure(answered).retryable
    assert SAID.text.startswith(answered.text)
    assert SAID.thought.startswith(answered.thought)


@pytest.mark.parametrize("end", [FIN, RST, HANG])
async def test_once_the_model_has_finished_nothing_can_go_wrong(wire: str, end: object) -> None:
    async with ModelServer() as server:
        server.reply(sse(STREAMS[wire](SAID), end=end))  # type: ignore[arg-type]
        answered = await ask(wire, server.url)
    assert (answered.error, answered.text, answered.finish) == (None, SAID.text, "stop")


async def test_a_reset_before_the_answer(wire: str) -> None:
    error = failure(await answer_to(wire, Reply([RST], head=False)))
    assert (error.error_class, error.retryable) == (ErrorClass.NETWORK, True)


async def test_nobody_listens(wire: str) -> None:
    async with ModelServer() as server:
        url = server.url
    error = failure(await ask(wire, url))
    assert (error.error_class, error.retryable) == (ErrorClass.NETWORK, True)


@pytest.mark.parametrize("chunk", ['{"type": ', '{"type": [], "choices": 7}', "7", "nonsense", "\0"])
async def test_a_malformed_event_is_the_servers_fault(wire: str, chunk: str) -> None:
    answered = await answer_to(wire, sse(unfinished(wire) + event(chunk)))
    error = failure(answered)
    assert (error.error_class, error.retryable) == (ErrorClass.SERVER, True)
    assert answered.text == SAID.text


@pytest.mark.parametrize(
    ("kind", "error_class", "retryable"),
    [
        ("overloaded_error", ErrorClass.SERVER, True),
        ("rate_limit_error", ErrorClass.RATE_LIMIT, True),
        ("insufficient_quota", ErrorClass.EXHAUSTED, False),
        ("authentication_error", ErrorClass.AUTH, False),
        ("context_length_exceeded", ErrorClass.CONTEXT_LENGTH, False),
        ("invalid_request_error", ErrorClass.BAD_REQUEST, False),
        ("never_heard_of", ErrorClass.SERVER, True),
    ],
)
async def test_an_error_inside_the_stream(wire: str, kind: str, error_class: ErrorClass, *, retryable: bool) -> None:
    said = {"type": "error", "error": {"type": kind, "message": "it happened"}}
    answered = await answer_to(wire, sse(unfinished(wire) + event(said, "error")))
    error = failure(answered)
    assert (error.error_class, error.retryable, answered.text) == (error_class, retryable, SAID.text)
    assert "it happened" in str(error)


async def test_a_line_without_end_is_given_up(wire: str) -> None:
    endless = [b"data: " + b"x" * 65536] + [b"x" * 65536] * 170
    async with ModelServer() as server:
        server.reply(Reply([unfinished(wire), *endless, HANG]))
        answered = await ask(wire, server.url)
    assert failure(answered).error_class is ErrorClass.SERVER
    assert answered.text == SAID.text


async def test_no_headers(wire: str) -> None:
    error = failure(await answer_to(wire, Reply([HANG], head=False), timeouts=Timeouts(headers=0.05)))
    assert (error.error_class, error.retryable) == (ErrorClass.TIMEOUT, True)


@pytest.mark.parametrize("before", [b"", b": thinking\n\n"])
async def test_a_silence_after_headers_or_a_delta(wire: str, before: bytes) -> None:
    stream = before + unfinished(wire)
    answered = await answer_to(wire, sse(stream, end=HANG), timeouts=Timeouts(idle=0.2))
    assert failure(answered).error_class is ErrorClass.TIMEOUT
    assert answered.text == SAID.text


async def test_comments_and_pings_are_life(wire: str) -> None:
    """Ten times as long as the idle limit passes, with a comment or ping in each half of it."""
    idle = 0.2
    beats = [asyncio.Event() for _ in range(20)]
    signs = [b": ping\n\n", b'event: ping\ndata: {"type": "ping"}\n\n']
    steps = [step for index, beat in enumerate(beats) for step in (signs[index % 2], beat)]
    loop = asyncio.get_running_loop()
    for index, beat in enumerate(beats):
        loop.call_later(idle / 2 * (index + 1), beat.set)
    async with ModelServer() as server:
        server.reply(Reply([*steps, STREAMS[wire](SAID)], headers={"content-type": "text/event-stream"}))
        answered = await ask(wire, server.url, timeouts=Timeouts(idle=idle))
    assert (answered.error, answered.text) == (None, SAID.text)


async def test_a_trickle_without_end_has_an_end(wire: str) -> None:
    beats = [asyncio.Event() for _ in range(1000)]
    loop = asyncio.get_running_loop()
    for index, beat in enumerate(beats):
        loop.call_later(0.02 * index, beat.set)
    steps = [step for beat in beats for step in (b": still there\n", beat)]
    async with ModelServer() as server:
        server.reply(Reply(steps))
        answered = await ask(wire, server.url, timeouts=Timeouts(idle=10, total=0.5))
    assert failure(answered).error_class is ErrorClass.TIMEOUT


@pytest.mark.parametrize("when", ["before the headers", "in the stream"])
async def test_cancelling_closes_the_connection(wire: str, when: str) -> None:
    reply = Reply([HANG], head=False) if when == "before the headers" else sse(unfinished(wire), end=HANG)
    async with ModelServer() as server:
        server.reply(reply)
        asked = asyncio.create_task(ask(wire, server.url))
        await server.asked.acquire()
        asked.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asked
        await server.closed.acquire()


async def test_closing_the_stream_closes_the_connection(wire: str) -> None:
    async with ModelServer() as server, asking(wire, server.url) as model:
        server.reply(sse(unfinished(wire), end=HANG))
        stream = model.stream(HELLO)
        while not isinstance(await anext(stream), TextDelta):
            pass
        await stream.aclose()
        await server.closed.acquire()


@pytest.mark.parametrize("key", [KEY, "0f3a.of-no.known+shape=="])
async def test_no_error_tells_the_key(wire: str, key: str) -> None:
    told = [
        f"Incorrect API key provided: {key}. You can find it elsewhere.",
        f"header was 'Authorization: Bearer {key}'",
        f"https://somewhere/?key={key}&x=1",
        json.dumps({"x-api-key": key}),
    ]
    async with ModelServer() as server, asking(wire, server.url, key=key) as model:
        for message in told:
            said = {"type": "error", "error": {"type": "api_error", "message": message}}
            server.reply(body(error_body(wire, message), 401), body(message.encode(), 500), body(message.encode()))
            server.reply(sse(event(said, "error")), sse(event(f'{{"broken": {key}')))
        for _ in range(5 * len(told)):
            error = failure(await answer_of(model))
            assert key not in str(error)


async def test_a_connection_is_used_again(wire: str) -> None:
    async with ModelServer() as server, asking(wire, server.url) as model:
        server.always(sse(STREAMS[wire](SAID)))
        for _ in range(3):
            assert (await answer_of(model)).text == SAID.text
        assert (len(server.requests), server.connections) == (3, 1)


async def test_an_answer_that_does_not_stream_is_read_too(wire: str) -> None:
    whole = {
        "messages": {
            "type": "message",
            "content": [
                {"type": "thinking", "thinking": "hm", "signature": "c2ln"},
                {"type": "text", "text": "Hello"},
                {"type": "tool_use", "id": "t1", "name": "read_file", "input": {"path": "a"}},
            ],
            "stop_reason": "tool_use",
            "usage": {"input_tokens": 5, "output_tokens": 7},
        },
        "responses": {
            "status": "completed",
            "output": [
                {"type": "reasoning", "id": "rs", "summary": [{"type": "summary_text", "text": "hm"}]},
                {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Hello"}]},
                {"type": "function_call", "call_id": "t1", "name": "read_file", "arguments": '{"path": "a"}'},
            ],
            "usage": {"input_tokens": 5, "output_tokens": 7},
        },
        "chat": {
            "choices": [
                {
                    "message": {
                        "role": "assistant",
                        "reasoning_content": "hm",
                        "content": "Hello",
                        "tool_calls": [{"id": "t1", "function": {"name": "read_file", "arguments": '{"path": "a"}'}}],
                    },
                    "finish_reason": "tool_calls",
                }
            ],
            "usage": {"prompt_tokens": 5, "completion_tokens": 7},
        },
    }
    answered = await answer_to(wire, body(whole[wire]))
    assert (answered.error, answered.thought, answered.text, answered.finish) == (None, "hm", "Hello", "tool_calls")
    assert answered.calls == [("t1", "read_file", '{"path": "a"}')]
    assert (answered.usage.input, answered.usage.output, answered.usage.requests) == (5, 7, 1)


@pytest.mark.parametrize("key", ["sk-with\nnewline-0123456789", "sk-with\rreturn-0123456789", "sk-\0nul-0123456789"])
async def test_a_key_that_no_header_can_hold(wire: str, key: str) -> None:
    async with ModelServer() as server, asking(wire, server.url, key=key) as model:
        answered = await answer_of(model)
        assert server.requests == []
    error = failure(answered)
    assert (error.error_class, error.retryable) == (ErrorClass.BAD_REQUEST, False)
    assert "0123456789" not in str(error)


async def test_a_compressed_stream_and_a_broken_one(wire: str) -> None:
    packed = gzip.compress(STREAMS[wire](SAID))
    headers = {"content-type": "text/event-stream", "content-encoding": "gzip"}
    answered = await answer_to(wire, Reply([packed[:40], packed[40:]], headers=headers))
    assert (answered.error, answered.text) == (None, SAID.text)
    assert failure(await answer_to(wire, Reply([b"no gzip at all"], headers=headers))).error_class is ErrorClass.NETWORK


async def test_events_that_come_twice(wire: str) -> None:
    """Proxies that reconnect repeat events; text that is repeated can be told from new text only by its number."""
    said = Said(text="Hello", thought="hm", calls=[Call("x", "read_file", '{"path": "a"}')])
    events = [each + b"\n\n" for each in STREAMS[wire](said).split(b"\n\n") if each]
    pieces = (b"_delta", b'"content": "Hello', b'"arguments"', b"reasoning_content")
    twice = [each if wire != "responses" and any(piece in each for piece in pieces) else each + each for each in events]
    answered = await answer_to(wire, sse(b"".join(twice)))
    assert (answered.error, answered.text, answered.thought) == (None, "Hello", "hm")
    assert (answered.calls, answered.finish) == ([("x", "read_file", '{"path": "a"}')], "tool_calls")
