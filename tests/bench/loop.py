"""What a step of the loop costs beyond its model, how large the first request is, and what an idle server holds."""

import sys

import psutil

from bench.bench_start import BARE, start_time
from bench.harness import Bench, Figure, Sample
from bench.place import Bare, Place
from bench.streams import timed

START = Figure("process start to the answer to initialize", "ms", "ratio", 0.75)
STEP = Figure("a step of the loop (read_file), beyond its HTTP call", "ms", "beyond", 8)
REQUEST = Figure("first request of the default agent", "bytes", "value", 10_000)
IDLE = Figure("idle, one workspace open: resident memory", "MB", "value", 70)

STEPS = 50


def start(place: Place) -> Bench:
    """Beside a bare pygls server in the same environment, both with warm caches."""
    servers = {"ours": [sys.executable, "-m", "dispatch_ls", "serve"], "floor": [sys.executable, "-c", BARE]}
    warmed: set[str] = set()

    async def run() -> dict[str, Sample]:
        for name in servers.keys() - warmed:
            await start_time(servers[name], place.env)
            warmed.add(name)
        took = {name: await start_time(server, place.env) for name, server in servers.items()}
        return {START.name: Sample(took["ours"], took["floor"])}

    return Bench((START,), run)


def steps(place: Place) -> Bench:
    """A turn of 50 steps, each a file read; the floor posts the very same requests."""

    async def run() -> dict[str, Sample]:
        async with place.serve() as editor, Bare.started(place.env) as bare:
            await editor.turn(await editor.session("steps-5"))
            warm = await place.bodies()
            ours = await timed(editor.turn(await editor.session(f"steps-{STEPS}")))
            bodies = await place.bodies()
            await bare.post(place.url, warm)
            floor = await timed(bare.post(place.url, bodies))
        if len(bodies) != STEPS + 1:
            raise RuntimeError(f"{len(bodies)} requests instead of {STEPS + 1}")
        return {STEP.name: Sample(ours / STEPS, floor / STEPS), REQUEST.name: Sample(len(bodies[0].encode()))}

    return Bench((STEP, REQUEST), run)


def idle(place: Place) -> Bench:
    """After start, with everything that a first request loads."""

    async def run() -> dict[str, Sample]:
        async with place.serve() as editor:
            await editor.request("dispatch/session/list", {})
            return {IDLE.name: Sample(psutil.Process(editor.process.pid).memory_info().rss / 2**20)}

    return Bench((IDLE,), run)
