"""Keeps one server process alive: started on demand, restarted with back-off, given up after many crashes."""

import asyncio
import random
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal

from dispatch_ls.languages.connection import Connection
from dispatch_ls.languages.peer import PeerClosed, ResponseError
from dispatch_ls.languages.signals import Signal
from dispatch_ls.languages.spec import Launch, ServerSpec
from dispatch_ls.processes.sandbox import Sandbox

State = Literal["stopped", "starting", "ready", "backoff", "failed", "stopping"]

ATTEMPTS = 3
"""Crashes that one question survives."""

_CRASHES = 5
_CRASH_WINDOW = 180.0
_LONGEST_PAUSE = 30.0


class Unavailable(Exception):
    """The server does not run and won't within this question."""


class Life:
    """One task from the first start to the stop. `on_connection` hears of each new process, and of its end (None)."""

    def __init__(
        self,
        spec: ServerSpec,
        launch: Launch,
        root: Path,
        *,
        env: Mapping[str, str],
        sandbox: Sandbox | None,
        on_connection: Callable[[Connection | None], None],
        on_change: Callable[[], None],
    ) -> None:
        self.state: State = "stopped"
        self.last_words = ""
        self.connection: Connection | None = None
        self._spec = spec
        self._launch = launch
        self._root = root
        self._env = env
        self._sandbox = sandbox
        self._on_connection = on_connection
        self._on_change = on_change
        self._changed = Signal()
        self._crashes: list[float] = []
        self._retired = False
        self._task: asyncio.Task[None] | None = None

    async def ready(self) -> Connection:
        """Waits until the server runs; raises Unavailable when it has failed to start three times meanwhile."""
        before = len(self._crashes)
        while not (self.connection and not self.connection.closed):
            self._start()
            if self._retired:
                raise Unavailable("it has been stopped")
            if self.state == "failed" or len(self._crashes) >= before + ATTEMPTS:
                raise Unavailable(self.last_words or "it does not start")
            await self._changed.wait()
        return self.connection

    async def stop(self) -> None:
        """Ends the process; the next question starts it again."""
        if self._task and not self._task.done():
            self.stop_soon()
            await asyncio.wait({self._task})
        self._enter("stopped")

    def stop_soon(self) -> None:
        """Begins to stop: the task shuts its process down itself when it is cancelled."""
        if self._task and not self._task.done() and self.state != "stopping":
            self._enter("stopping")
            self._task.add_done_callback(lambda _: self._enter("stopped"))
            self._task.cancel()

    async def retire(self) -> None:
        """Stops for good."""
        self._retired = True
        await self.stop()

    async def restart(self) -> None:
        """Starts anew and forgets earlier crashes."""
        await self.stop()
        self._crashes.clear()
        self._start()

    def _start(self) -> None:
        if not self._retired and self.state != "failed" and (self._task is None or self._task.done()):
            self._task = asyncio.create_task(self._live())

    async def _live(self) -> None:
        while True:
            await self._live_once()
            now = time.monotonic()
            self._crashes = [at for at in self._crashes if now - at < _CRASH_WINDOW] + [now]
            if len(self._crashes) > _CRASHES:
                return self._enter("failed")
            self._enter("backoff")
            pause = min(self._spec.restart_pause * 2 ** (len(self._crashes) - 1), _LONGEST_PAUSE)
            await asyncio.sleep(pause * random.uniform(0.8, 1.2))

    async def _live_once(self) -> None:
        """Returns when the process has ended or could not be started."""
        self._enter("starting")
        self.last_words = ""
        try:
            connection = await self._open()
        except (OSError, PeerClosed, ResponseError, TimeoutError) as error:
            self.last_words = str(error) or type(error).__name__
            return
        try:
            self._welcome(connection)
            await connection.wait_closed()
        finally:
            await self._bury(connection)

    async def _open(self) -> Connection:
        return await Connection.open(self._launch, self._root, self._env, self._sandbox, self._spec.start_timeout)

    def _welcome(self, connection: Connection) -> None:
        self.connection = connection
        self._on_connection(connection)
        self._enter("ready")

    async def _bury(self, connection: Connection) -> None:
        self.connection = None
        self._on_connection(None)
        if connection.closed:
            await connection.kill()
            self.last_words = connection.last_words
        else:
            await connection.shutdown()

    def _enter(self, state: State) -> None:
        """Wakes all who wait to be `ready`."""
        if state != self.state:
            self.state = state
            self._on_change()
        self._changed.fire()
