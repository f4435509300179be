"""The one place where children start: argument vectors, own session, exactly the environment given, one way to end."""

import asyncio
import os
import signal
from asyncio.subprocess import DEVNULL, PIPE, STDOUT, SubprocessStreamProtocol
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Literal, TypeVar
from uuid import uuid4

from dispatch_ls.processes.guard import Guard
from dispatch_ls.processes.sandbox import NoSandbox, Sandbox
from dispatch_ls.processes.sweep import TAG, kill_tagged

Stderr = Literal["pipe", "merge", "discard"]
"""Where a child's error output goes: its own pipe, into stdout, or nowhere."""

Stream = TypeVar("Stream", asyncio.StreamReader, asyncio.StreamWriter)

_STDERR = {"pipe": PIPE, "merge": STDOUT, "discard": DEVNULL}
_CHUNK = 65536
_DRAIN = 0.5
"""Seconds for what is still in the pipes of an ended tree to be read."""


class _Pipes(SubprocessStreamProtocol):
    """Knows when the process has ended, and when its pipes have too (asyncio's `Process.wait` waits for both)."""

    def __init__(self) -> None:
        super().__init__(limit=_CHUNK, loop=asyncio.get_running_loop())
        self.exited = asyncio.Event()
        self.closed = asyncio.Event()

    def process_exited(self) -> None:
        super().process_exited()
        self.exited.set()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self.closed.set()


class Child:
    """A running process and all its descendants."""

    def __init__(self, transport: asyncio.SubprocessTransport, pipes: _Pipes, guard: Guard, tag: str) -> None:
        self._transport = transport
        self._pipes = pipes
        self._guard = guard
        self._tag = tag
        self._ending: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int:
        """The process's id, which is also its process group's."""
        return self._transport.get_pid()

    @property
    def returncode(self) -> int | None:
        """The exit code, negative for a signal; None while it runs."""
        return self._transport.get_returncode()

    @property
    def stdin(self) -> asyncio.StreamWriter:
        """Its standard input, if started with `stdin=True`."""
        return _piped(self._pipes.stdin)

    @property
    def stdout(self) -> asyncio.StreamReader:
        """Its standard output."""
        return _piped(self._pipes.stdout)

    @property
    def stderr(self) -> asyncio.StreamReader:
        """Its error output, if started with `stderr="pipe"`."""
        return _piped(self._pipes.stderr)

    async def wait(self) -> int:
        """Waits for the process itself (not its descendants) and returns its exit code."""
        await self._pipes.exited.wait()
        return self._transport.get_returncode() or 0

    async def end(self, grace: float = 1.0) -> None:
        """Ends the whole tree: SIGTERM, after `grace` seconds SIGKILL, then whoever left the process group.

        Idempotent; when it returns, or raises CancelledError, nothing of the tree is left.
        """
        if self._ending is None:
            self._ending = asyncio.create_task(self._end(grace))
        await finish(self._ending)

    async def _end(self, grace: float) -> None:
        if self.returncode is None:
            self._signal(signal.SIGTERM)
            with suppress(TimeoutError):
                await asyncio.wait_for(self.wait(), grace)
        self._signal(signal.SIGKILL)
        await asyncio.to_thread(kill_tagged, self._tag)
        await self.wait()
        await self._guard.release()
        await self._close_pipes()

    async def _close_pipes(self) -> None:
        if self._pipes.stdin:
            self._pipes.stdin.close()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._pipes.closed.wait(), _DRAIN)
        self._transport.close()

    def _signal(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, number)


async def spawn(
    command: Sequence[str],
    *,
    cwd: Path,
    env: Mapping[str, str],
    stdin: bool = False,
    stderr: Stderr = "pipe",
    sandbox: Sandbox | None = None,
) -> Child:
    """Starts `command` (a bare name is looked up in PATH of `env`).

    It gets a session of its own, so it has no terminal, and /dev/null as input unless `stdin`. It ends with this
    process, also if that is killed. Raises OSError where it can't be started.
    """
    tag = uuid4().hex
    loop = asyncio.get_running_loop()
    transport, pipes = await loop.subprocess_exec(
        _Pipes,
        *(sandbox or NoSandbox()).wrap(command),
        stdin=PIPE if stdin else DEVNULL,
        stdout=PIPE,
        stderr=_STDERR[stderr],
        cwd=cwd,
        env={**env, TAG: tag},
        start_new_session=True,
    )
    return Child(transport, pipes, await _guard(transport.get_pid(), tag), tag)


async def _guard(pid: int, tag: str) -> Guard:
    """A child nobody watches over must not stay."""
    try:
        return await Guard.over(pid, tag)
    except BaseException:
        with suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)
        raise


async def finish(task: asyncio.Task[None]) -> None:
    """Waits until `task` is done even if cancelled meanwhile; the cancellation is raised afterwards."""
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled:
        raise cancelled
    await task


def _piped(stream: Stream | None) -> Stream:
    if stream is None:
        raise ValueError("the child was started without this pipe")
    return stream
