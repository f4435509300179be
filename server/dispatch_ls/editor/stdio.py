"""The life of the server on standard input and output, from the first byte to the exit code."""

import asyncio
import contextlib
import logging
import os
import signal
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from dispatch_ls.editor.client import Client
from dispatch_ls.editor.faststart import CompileCache
from dispatch_ls.editor.framing import Framing, FramingError
from dispatch_ls.editor.host import Build
from dispatch_ls.editor.logs import set_up
from dispatch_ls.editor.memory import share_one_arena
from dispatch_ls.editor.outgoing import Limits, Outgoing

if TYPE_CHECKING:
    from dispatch_ls.editor.server import Dispatch

CHUNK = 256 * 1024
CLOSING = 2.2
"""Seconds for sessions to become durable and children to end (PR-13: all in all 3 s)."""
CLOSING_LOST = 1.2
"""The same where the stream is beyond repair (PR-02: all in all 2 s)."""

LOST = 2
"""Exit code where the stream was beyond repair; the editor starts a fresh server then."""

_log = logging.getLogger(__name__)


def serve(build: Build, *, state: Path, cache: Path, limits: Limits | None = None) -> int:
    """Serve one editor on stdin and stdout until it leaves; returns the exit code.

    `state` is where the log and transcripts go, `cache` what only makes the next start faster.
    """
    share_one_arena()
    stdin, stdout = _own_streams()
    set_up(state)
    compiled = CompileCache(cache)
    with compiled.in_use():
        from dispatch_ls.editor.server import Dispatch

        server = Dispatch(build, state)
    return asyncio.run(Stdio(server, stdin, stdout, compiled, limits or Limits()).run())


def _own_streams() -> tuple[int, int]:
    """Private copies of stdin and stdout: what prints or reads by mistake, here or in a child, reaches neither."""
    stdin, stdout = os.dup(0), os.dup(1)
    with open(os.devnull, "rb") as nothing:  # noqa: PTH123  # a device, not a path
        os.dup2(nothing.fileno(), 0)
    os.dup2(2, 1)
    return stdin, stdout


class Stdio:
    """Reads in a thread, runs the server in the loop, writes in a thread."""

    def __init__(self, server: "Dispatch", stdin: int, stdout: int, compiled: CompileCache, limits: Limits) -> None:
        self._server = server
        self._stdin = stdin
        self._stdout = stdout
        self._compiled = compiled
        self._limits = limits
        self._framing = Framing()
        self._taken = threading.Semaphore(0)

    async def run(self) -> int:
        """Serve until the editor exits, leaves, or a signal comes."""
        self._loop = asyncio.get_running_loop()
        self._ended: asyncio.Future[int] = self._loop.create_future()
        self._outgoing = Outgoing(self._stdout, self._lost_reader, self._limits)
        self._server.rpc.attach(self._outgoing)
        self._server.rpc.on_exit = self._end
        self._server.on_client = self._on_client
        with contextlib.suppress(NotImplementedError):  # Windows ends processes without asking
            for number in (signal.SIGTERM, signal.SIGINT):
                self._loop.add_signal_handler(number, self._end, 0)
        threading.Thread(target=self._read_all, name="incoming", daemon=True).start()
        code = await self._ended
        await self._close(CLOSING_LOST if code == LOST else CLOSING)
        self._leave_soon(code)
        return code

    async def _close(self, timeout: float) -> None:
        try:
            async with asyncio.timeout(timeout):
                await self._server.close()
        except TimeoutError:
            _log.error("not everything ended in time")
        except Exception:
            _log.exception("closing failed")
        await asyncio.to_thread(self._outgoing.close, 0.3)
        self._compiled.save()

    def _leave_soon(self, code: int) -> None:
        """A thread that hangs in the file system must not keep the process: Python would wait for it for ever."""
        logging.shutdown()
        watchdog = threading.Timer(0.4, os._exit, (code,))
        watchdog.daemon = True
        watchdog.start()

    def _end(self, code: int) -> None:
        if not self._ended.done():
            self._ended.set_result(code)

    def _lost_reader(self) -> None:
        self._in_loop(self._end, 0)

    # The thread that reads

    def _read_all(self) -> None:
        os.set_blocking(self._stdin, True)
        while data := self._read():
            if not self._in_loop(self._feed, data):
                return
            # one piece at a time: an editor that sends faster than we work waits in its pipe
            self._taken.acquire()
            while not self._outgoing.wait_for_room(1.0):
                pass
        self._in_loop(self._end_of_input)

    def _read(self) -> bytes:
        try:
            return os.read(self._stdin, CHUNK)
        except OSError:
            return b""

    def _in_loop(self, call: Callable[..., None], *arguments: object) -> bool:
        try:
            self._loop.call_soon_threadsafe(call, *arguments)
        except RuntimeError:
            return False
        return True

    def _feed(self, data: bytes) -> None:
        try:
            if not self._ended.done():
                for body in self._framing.feed(data):
                    self._server.rpc.receive(body)
        except FramingError as error:
            _log.error("the editor's stream cannot be followed any more: %s", error)
            self._end(LOST)
        finally:
            self._taken.release()

    def _end_of_input(self) -> None:
        if self._framing.inside:
            _log.warning("the editor left in the middle of a message")
        self._end(0)

    # The editor's own life

    def _on_client(self, client: Client) -> None:
        self._loop.call_later(1.0, self._keep_compiled)
        if client.process_id is not None:
            self._watch(client.process_id)

    def _keep_compiled(self) -> None:
        threading.Thread(target=self._compiled.save, daemon=True).start()

    def _watch(self, process_id: int) -> None:
        """End with the editor even where another process still holds its end of the pipe (LSP: `processId`)."""
        if not hasattr(os, "pidfd_open"):
            return
        try:
            descriptor = os.pidfd_open(process_id)
        except OSError as error:
            _log.info("the editor's process cannot be watched: %s", error)
            return
        self._loop.add_reader(descriptor, self._end, 0)
