"""The providers' own libraries as the oracle: the same bytes, cut anywhere, say the same to them and to us."""

import json

import anthropic
import openai
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch_ls.protocol.errors import ErrorClass
from support.model_server import ModelServer, Reply, body, sse
from support.model_streams import STREAMS, Call, Said
from support.models import WIRES, Answered, ask
from support.sdk import Understood, replayed, understood

STOPPED = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "tool_use": "tool_calls",
    "max_tokens": "length",
    "completed": "stop",
    "incomplete": "length",
}
"""The wires' words for why a model stopped, in ours; the rest are the same."""

# what a provider can send: no lone surrogates (these are tested apart), but all else
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
ARGUMENTS = st.dictionaries(TEXTS, TEXTS | st.integers() | st.none() | st.lists(TEXTS, max_size=2), max_size=3)
CALLS = st.lists(
    st.builds(Call, st.uuids().map(str), st.sampled_from(["read_file", "run_shell"]), ARGUMENTS.map(json.dumps)),
    max_size=3,
)
ANSWERS = st.builds(
    Said, text=TEXTS, thought=TEXTS, calls=CALLS, signature=st.text("abc+/=", min_size=1), size=st.integers(1, 20)
)
CUTS = st.lists(st.integers(0, 5000), max_size=40)


def same(ours: Answered, theirs: Understood) -> None:
    assert ours.error is None
    assert theirs.error is None
    assert (ours.text, ours.thought, ours.calls) == (theirs.text, theirs.thought, theirs.calls)
    assert replayed(ours.parts) == theirs.replay
    assert (ours.usage.input, ours.usage.output, ours.usage.cache_read) == theirs.tokens
    finish = STOPPED.get(theirs.stopped or "", theirs.stopped)
    # the Responses API calls an answer with tool calls complete; what stops it there is ours to say
    assert ours.finish == ("tool_calls" if theirs.stopped == "completed" and theirs.calls else finish)


async def both(wire: str, reply: Reply) -> tuple[Answered, Understood]:
    async with ModelServer() as server:
        server.always(reply)
        return await ask(wire, server.url), await understood(wire, server.url)


@pytest.mark.parametrize("wire", WIRES)
@given(said=ANSWERS, cuts=CUTS)
@settings(max_examples=40, deadline=None)
async def test_the_same_bytes_say_the_same(wire: str, said: Said, cuts: list[int]) -> None:
    ours, theirs = await both(wire, sse(STREAMS[wire](said), cut_at=cuts))
    same(ours, theirs)
    assert ours.text == said.text


@pytest.mark.parametrize(
    ("wire", "finish"), [("messages", "max_tokens"), ("responses", "max_output_tokens"), ("chat", "length")]
)
async def test_an_answer_at_the_output_limit(wire: str, finish: str) -> None:
    ours, theirs = await both(wire, sse(STREAMS[wire](Said(text="and so", finish=finish))))
    same(ours, theirs)
    assert ours.finish == "length"


CLASSES = {
    401: (ErrorClass.AUTH, "AuthenticationError"),
    403: (ErrorClass.AUTH, "PermissionDeniedError"),
    404: (ErrorClass.UNKNOWN_MODEL, "NotFoundError"),
    400: (ErrorClass.BAD_REQUEST, "BadRequestError"),
    422: (ErrorClass.BAD_REQUEST, "UnprocessableEntityError"),
    429: (ErrorClass.RATE_LIMIT, "RateLimitError"),
    500: (ErrorClass.SERVER, "InternalServerError"),
}


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize("status", CLASSES)
async def test_a_refusal_is_of_the_same_class(wire: str, status: int) -> None:
    said = {"type": "error", "error": {"type": "some_error", "message": "it happened"}}
    ours, theirs = await both(wire, body(said, status))
    error_class, name = CLASSES[status]
    library = anthropic if wire == "messages" else openai
    assert ours.error is not None
    assert (ours.error.error_class, theirs.error) == (error_class, getattr(library, name))
