"""How long from starting the process to the answer to `initialize`: this server and a bare pygls one, in turns.

`python tests/bench/bench_start.py [RUNS]` prints JSON: medians in milliseconds, and their ratio (goal: 0.75 or less).
"""

import asyncio
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from support.editor_server import command
from support.lsp_client import LspClient

BARE = """
from pygls.lsp.server import LanguageServer
LanguageServer("bare", "1").start_io()
"""


async def start_time(server: Sequence[str], environment: dict[str, str]) -> float:
    """Milliseconds of one start."""
    began = time.perf_counter()
    async with await LspClient.start(server, env=environment) as client:
        await client.initialize()
        took = (time.perf_counter() - began) * 1000
        await client.shut_down()
    return took


async def measure(runs: int = 5) -> dict[str, float | int]:
    """Medians of both, after one run each that fills the caches that a second start finds."""
    with tempfile.TemporaryDirectory() as directory:
        home = Path(directory)
        # as on a user's machine: modules are compiled once, wherever this interpreter is told not to
        environment = {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(home / "pyc")}
        servers = {
            "dispatch": command(home / "state", home / "cache"),
            "bare_pygls": [sys.executable, "-c", BARE],
        }
        taken: dict[str, list[float]] = {name: [] for name in servers}
        for run in range(runs + 1):
            for name, server in servers.items():
                took = await start_time(server, environment)
                if run:
                    taken[name].append(took)
    medians = {name: round(statistics.median(times), 1) for name, times in taken.items()}
    return {
        **medians,
        "ratio": round(medians["dispatch"] / medians["bare_pygls"], 3),
        "runs": runs,
        "cpus": os.cpu_count() or 0,
    }


if __name__ == "__main__":
    print(json.dumps(asyncio.run(measure(int(sys.argv[1]) if len(sys.argv) > 1 else 5))))
