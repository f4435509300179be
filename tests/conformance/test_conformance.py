"""Traffic of real providers: read by us and by their own libraries with the same result."""

import random

from dispatch_ls.models.parts import FinishReason
from support.model_server import ModelServer, Reply, body, sse
from support.models import Answered, ask
from support.recordings import Exchange
from support.sdk import Understood, replayed, understood, understood_whole

CUTS = 3
"""How often a stream is read, cut at other places each time."""

STOPPED: dict[str, FinishReason] = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "pause_turn": "stop",
    "tool_use": "tool_calls",
    "max_tokens": "length",
    "incomplete": "length",
    "completed": "stop",
    "complete": "stop",
    "": "stop",
    "content_filter": "refusal",
    "function_call": "tool_calls",
}
"""The wires' words for why a model stopped, in ours; the rest are the same."""


async def test_we_read_what_the_library_reads(exchange: Exchange) -> None:
    if exchange.status != 200:
        same_refusal(*await both(exchange, body(exchange.body, exchange.status, content_type=exchange.content_type)))
    elif not exchange.stream:
        same(*await both(exchange, body(exchange.body, content_type=exchange.content_type)))
    else:
        for seed in range(CUTS):
            places = random.Random(seed).sample(range(len(exchange.body)), min(200, len(exchange.body)))
            same(*await both(exchange, sse(exchange.body, cut_at=places)))


async def both(exchange: Exchange, reply: Reply) -> tuple[Answered, Understood]:
    async with ModelServer() as server:
        server.always(reply)
        read = understood if exchange.stream else understood_whole
        return await ask(exchange.wire, server.url), await read(exchange.wire, server.url)


def same(ours: Answered, theirs: Understood) -> None:
    if theirs.stopped == "queued":
        assert ours.error is not None, "what waits in a queue is no answer"
        return
    assert ours.error is None
    assert theirs.error is None or theirs.stopped is not None, "after its end nothing can happen to an answer"
    assert (ours.text, ours.thought, ours.calls) == (theirs.text, theirs.thought, theirs.calls)
    assert replayed(ours.parts) == theirs.replay
    if theirs.error is None:
        assert (ours.usage.input, ours.usage.output, ours.usage.cache_read) == theirs.tokens
    finish = STOPPED.get(theirs.stopped or "", theirs.stopped)
    assert ours.finish == ("tool_calls" if finish == "stop" and theirs.calls else finish)


def same_refusal(ours: Answered, theirs: Understood) -> None:
    assert ours.error is not None
    classes = {"BadRequestError": "bad_request", "NotFoundError": "unknown_model"}
    assert theirs.error is not None
    assert ours.error.error_class == classes[theirs.error.__name__]
