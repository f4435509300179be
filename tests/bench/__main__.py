"""`make bench`, or `PYTHONPATH=tests python -m bench [NAME...]`: all benches, or those named."""

import asyncio
import sys
from pathlib import Path

from rich.console import Console

from bench.diagnostics import buffers, writes
from bench.harness import Outcome, measure, show, write
from bench.loop import idle, start, steps
from bench.place import Place
from bench.streams import agents, deltas

BENCHES = {
    "start": start,
    "idle": idle,
    "deltas": deltas,
    "steps": steps,
    "diagnostics": buffers,
    "writes": writes,
    "agents": agents,
}
FILE = Path("build/bench.json")


async def main(names: list[str]) -> int:
    """Run them; 1 where one is over its limit."""
    console = Console(highlight=False)
    outcomes: list[Outcome] = []
    async with Place.made() as place:
        for name in names or BENCHES:
            outcomes += await measure(BENCHES[name](place), console)
    show(outcomes, console)
    write(outcomes, FILE)
    return 0 if all(one.kept for one in outcomes) else 1


if __name__ == "__main__":
    if unknown := set(sys.argv[1:]) - BENCHES.keys():
        sys.exit(f"There is no bench {', '.join(unknown)}: {', '.join(BENCHES)}.")
    sys.exit(asyncio.run(main(sys.argv[1:])))
