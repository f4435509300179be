"""How fast the text of a model reaches the editor, and how late it is when many stream at once."""

import asyncio
import statistics
import time
from typing import Any

import psutil

from bench.harness import Bench, Figure, Sample
from bench.place import Bare, Place
from support.conversation import prompt

DELTAS = Figure("20,000 small deltas, model to editor", "ms", "ratio", 2.0)
DELAY = Figure("50 agents at 50 tokens/s each: added delay, p99", "ms", "value", 50)
MEDIAN = Figure("50 agents at 50 tokens/s each: added delay, median", "ms", "value")
MEMORY = Figure("50 agents at 50 tokens/s each: resident memory", "MB", "value", 250)

AGENTS, SECONDS = 50, 10


def deltas(place: Place) -> Bench:
    """From the request to the whole text at the editor, stored; and the same stream through a bare client."""

    async def run() -> dict[str, Sample]:
        async with place.serve() as editor, Bare.started(place.env) as bare:
            session_id = await editor.session("deltas-20000")
            # what a first call loads is not a matter of streaming
            await editor.turn(await editor.session("deltas-1000"))
            warm = await place.bodies()
            ours = await timed(editor.turn(session_id))
            bodies = await place.bodies()
            await bare.post(place.url, warm)
            return {DELTAS.name: Sample(ours, await timed(bare.post(place.url, bodies)))}

    return Bench((DELTAS,), run)


def agents(place: Place) -> Bench:
    """Each token says when it was sent; the delay counts until the editor has read it, gathering included."""

    async def run() -> dict[str, Sample]:
        async with place.serve() as editor:
            sessions = [await editor.session(f"paced-{50 * SECONDS}-50") for _ in range(AGENTS)]
            await editor.turn(await editor.session("paced-50-50"))
            delays = Delays()
            editor.glance = delays.glance
            await asyncio.gather(
                *(editor.request("dispatch/session/prompt", prompt(session_id, "Go.")) for session_id in sessions)
            )
            await asyncio.gather(*(editor.ended(session_id) for session_id in sessions))
            memory = psutil.Process(editor.process.pid).memory_info().rss / 2**20
        expected = AGENTS * SECONDS * 50
        if len(delays.found) < expected * 0.99:
            raise RuntimeError(f"{len(delays.found)} of {expected} tokens came as deltas")
        centiles = statistics.quantiles(delays.found, n=100)
        return {DELAY.name: Sample(centiles[98]), MEDIAN.name: Sample(centiles[49]), MEMORY.name: Sample(memory)}

    return Bench((DELAY, MEDIAN, MEMORY), run)


class Delays:
    """Milliseconds from a token's sending to its reading, for each token that came as a delta."""

    def __init__(self) -> None:
        self.found: list[float] = []
        self._cut: dict[str, str] = {}

    def glance(self, message: dict[str, Any]) -> bool:
        """Take the tokens of a delta; one that is cut in two counts when it is whole."""
        if message.get("method") != "$/dispatch/delta":
            return False
        now = time.monotonic_ns()
        said = message["params"]
        *tokens, self._cut[said["itemId"]] = (self._cut.get(said["itemId"], "") + said["text"]).split(" ")
        self.found += [(now - int(token)) / 1e6 for token in tokens if token.isdigit()]
        return True


async def timed(work: Any) -> float:
    """Milliseconds."""
    began = time.perf_counter()
    await work
    return (time.perf_counter() - began) * 1000
