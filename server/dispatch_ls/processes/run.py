"""Runs a command to its end: streamed, bounded output, a deadline, nothing left behind."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from dispatch_ls.processes.output import Output
from dispatch_ls.processes.sandbox import Sandbox
from dispatch_ls.processes.spawn import Child, spawn

_CHUNK = 65536
_BACKGROUND_GRACE = 0.2
"""Seconds that children left in the background may go on writing after the command itself has ended."""


@dataclass(frozen=True)
class Finished:
    """How a command ended; `size` is its whole output in bytes, `spill` holds it where head and tail do not."""

    exit_code: int | None
    output_head: bytes
    output_tail: bytes
    size: int
    timed_out: bool
    spill: Path | None


async def run(
    command: Sequence[str],
    *,
    cwd: Path,
    env: Mapping[str, str],
    timeout: float,
    on_output: Callable[[bytes], None] | None = None,
    head: int = 16_384,
    tail: int = 16_384,
    spill: Path | None = None,
    sandbox: Sandbox | None = None,
) -> Finished:
    """Runs `command` with stdout and stderr in one stream and /dev/null as input.

    `exit_code` is None after a time-out (`timeout` in seconds), negative for a signal. The whole process tree has
    ended when this returns, raises or is cancelled. Raises OSError where the command can't be started.
    """
    output = Output(head, tail, spill)
    child = await spawn(command, cwd=cwd, env=env, stderr="merge", sandbox=sandbox)
    reader = asyncio.create_task(_read(child, output, on_output))
    try:
        exit_code = await _exit_code(child, reader, timeout)
    finally:
        await _wind_up(child, reader)
        output.close()
    reader.result()
    return Finished(exit_code, output.head, output.tail, output.size, exit_code is None, output.spilled)


async def _exit_code(child: Child, reader: asyncio.Task[None], timeout: float) -> int | None:
    """None where the deadline came first; errors of the reader are raised at once."""
    waiter = asyncio.create_task(child.wait())
    try:
        async with asyncio.timeout(timeout):
            await asyncio.wait({waiter, reader}, return_when=asyncio.FIRST_COMPLETED)
            if reader.done():
                reader.result()
            code = await waiter
            await asyncio.wait({reader}, timeout=_BACKGROUND_GRACE)
            return code
    except TimeoutError:
        return waiter.result() if waiter.done() else None
    finally:
        waiter.cancel()


async def _wind_up(child: Child, reader: asyncio.Task[None]) -> None:
    """Once the tree has ended its output does too, so the reader comes to an end."""
    try:
        await child.end()
    finally:
        await asyncio.wait({reader})


async def _read(child: Child, output: Output, on_output: Callable[[bytes], None] | None) -> None:
    while chunk := await child.stdout.read(_CHUNK):
        await asyncio.to_thread(output.add, chunk)
        if on_output:
            on_output(chunk)
