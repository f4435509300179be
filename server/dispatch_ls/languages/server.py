"""One language server in one root, kept alive: started on demand, restarted with back-off, stopped when idle."""

import asyncio
import random
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from dispatch_ls.languages.connection import Connection
from dispatch_ls.languages.documents import Documents
from dispatch_ls.languages.freshness import Found, Settler
from dispatch_ls.languages.peer import PeerClosed, ResponseError
from dispatch_ls.languages.signals import Signal
from dispatch_ls.languages.spec import Launch, ServerSpec
from dispatch_ls.processes.sandbox import Sandbox

State = Literal["stopped", "starting", "ready", "backoff", "failed", "stopping"]
Status = Literal["fresh", "settled", "timeout", "starting", "unavailable", "error"]

_CRASHES = 5
_CRASH_WINDOW = 180.0
_LONGEST_PAUSE = 30.0
_ATTEMPTS = 3
"""Times that one question survives the server's crash."""


class Unavailable(Exception):
    """The server does not run and won't within this question."""


@dataclass(frozen=True)
class Answer:
    """What a server said about one file, or why it did not; `found` is None unless fresh or settled."""

    server: str
    status: Status
    milliseconds: int
    found: Found | None = None
    detail: str | None = None
    encoding: str = "utf-16"


class LanguageServer:
    """Asked by all agents. Everything but `check`, `stop` and `restart` returns at once."""

    def __init__(
        self,
        spec: ServerSpec,
        launch: Launch,
        root: Path,
        *,
        env: Mapping[str, str],
        sandbox: Sandbox | None,
        on_change: Callable[[], None],
    ) -> None:
        self.spec = spec
        self.root = root
        self.state: State = "stopped"
        self.version: str | None = None
        self.last_words = ""
        self.documents = Documents(spec.max_documents)
        self.launch = launch
        self._env = env
        self._sandbox = sandbox
        self._on_change = on_change
        self._changed = Signal()
        self._retired = False
        self._crashes: list[float] = []
        self._connection: Connection | None = None
        self._settler: Settler | None = None
        self._life: asyncio.Task[None] | None = None
        self._idle: asyncio.TimerHandle | None = None
        self._asking: dict[Path, asyncio.Lock] = {}
        self._last: dict[Path, tuple[Found, float]] = {}

    @property
    def encoding(self) -> str:
        """How the server counts characters."""
        return self._connection.encoding if self._connection else "utf-16"

    @property
    def cross_file(self) -> bool:
        """Whether a change of one file can change the diagnostics of another."""
        pulls = self._connection.pulls() if self._connection else []
        return self.spec.adapter is not None or any(pull.get("interFileDependencies") for pull in pulls)

    def put(self, path: Path, text: str) -> None:
        """The newest text of a file; reaches the server at once if it runs, else when it starts."""
        if language := self.spec.language_of(path):
            self.documents.put(path, language, text)

    def saved(self, path: Path) -> None:
        """What is open is on disk; told to servers that want to know."""
        if self._connection and (save := self._connection.save):
            self.documents.save(path, isinstance(save, dict) and bool(save.get("includeText")))

    def known(self, path: Path) -> Found | None:
        """The last answer, if nothing the server knows has changed since."""
        found, _ = self._last.get(path, (None, 0.0))
        if found is None or path not in self.documents:
            return None
        same = found.version == self.documents[path].version and found.world == self.documents.world
        return found if same else None

    def last(self, path: Path) -> Found | None:
        """The last answer, however old."""
        return self._last.get(path, (None, 0.0))[0]

    async def check(self, path: Path, until: float, *, use_known: bool = False) -> Answer:
        """The diagnostics of an open document, of the text put last or a newer one.

        `until` is a monotonic time: an answer that takes longer is a `timeout`, never an old one. With `use_known`
        an earlier answer is enough if nothing the server knows has changed since.
        """
        began = time.monotonic()
        if use_known and (found := self.known(path)):
            return Answer(self.spec.id, found.status, 0, found, None, self.encoding)
        self.documents.hold(path)
        try:
            async with asyncio.timeout(until - began):
                found = await self._coalesced(path, began)
        except TimeoutError:
            return self._unanswered("timeout" if self.state == "ready" else "starting", began, None)
        except Unavailable as error:
            return self._unanswered("unavailable", began, str(error))
        except ResponseError as error:
            return self._unanswered("error", began, str(error))
        finally:
            self.documents.release(path)
            self._tidy()
            self._rest_later()
        return Answer(self.spec.id, found.status, _since(began), found, None, self.encoding)

    async def stop(self) -> None:
        """Ends the process; the next question starts it again."""
        if self._idle:
            self._idle.cancel()
        if self._life and not self._life.done():
            if self.state != "stopping":
                self._enter("stopping")
                self._life.cancel()
            await asyncio.wait({self._life})
        self._life = None
        self._enter("stopped")

    async def retire(self) -> None:
        """Stops for good: open questions are answered with `unavailable`."""
        self._retired = True
        await self.stop()

    async def restart(self) -> None:
        """Starts anew and forgets earlier crashes."""
        await self.stop()
        self._crashes.clear()
        self._start()

    async def _coalesced(self, path: Path, began: float) -> Found:
        """Questions about the same file wait for each other; one answer serves all who asked meanwhile."""
        async with self._asking.setdefault(path, asyncio.Lock()):
            found, at = self._last.get(path, (None, 0.0))
            if found and at >= began and self.known(path):
                return found
            found = await self._survive_crashes(path)
            self._last[path] = (found, time.monotonic())
            return found

    async def _survive_crashes(self, path: Path) -> Found:
        for _ in range(_ATTEMPTS):
            settler = await self._ready()
            with suppress(PeerClosed):
                return await settler.settle(path)
        raise Unavailable(f"it ended {_ATTEMPTS} times while it was asked: {self.last_words}")

    async def _ready(self) -> Settler:
        """Waits until the server runs; gives up when it has failed to start three times meanwhile."""
        ended = len(self._crashes)
        while not (self._settler and self._connection and not self._connection.closed):
            self._start()
            if self._retired:
                raise Unavailable("it has been stopped")
            if self.state == "failed" or len(self._crashes) >= ended + _ATTEMPTS:
                raise Unavailable(self.last_words or "it does not start")
            await self._changed.wait()
        return self._settler

    def _start(self) -> None:
        if not self._retired and self.state != "failed" and (self._life is None or self._life.done()):
            self._life = asyncio.create_task(self._live())

    async def _live(self) -> None:
        while True:
            await self._live_once()
            now = time.monotonic()
            self._crashes = [at for at in self._crashes if now - at < _CRASH_WINDOW] + [now]
            if len(self._crashes) > _CRASHES:
                return self._enter("failed")
            self._enter("backoff")
            pause = min(self.spec.restart_pause * 2 ** (len(self._crashes) - 1), _LONGEST_PAUSE)
            await asyncio.sleep(pause * random.uniform(0.8, 1.2))

    async def _live_once(self) -> None:
        """Returns when the process has ended or could not be started."""
        self._enter("starting")
        try:
            connection = await self._open()
        except (OSError, PeerClosed, ResponseError, TimeoutError) as error:
            self.last_words = self.last_words or str(error) or type(error).__name__
            return
        try:
            self._welcome(connection)
            await connection.wait_closed()
        finally:
            await self._bury(connection)

    async def _open(self) -> Connection:
        self.last_words = ""
        return await Connection.open(self.launch, self.root, self._env, self._sandbox, self.spec.start_timeout)

    def _welcome(self, connection: Connection) -> None:
        self._connection = connection
        self._settler = Settler(self.spec, connection, self.documents)
        self.version = connection.version
        self.documents.attach(connection.notify)
        self._enter("ready")

    async def _bury(self, connection: Connection) -> None:
        self.documents.detach()
        self._connection = self._settler = None
        if connection.closed:
            await connection.kill()
            self.last_words = connection.last_words
        else:
            await connection.shutdown()

    def _enter(self, state: State) -> None:
        if state != self.state:
            self.state = state
            self._on_change()
        self._changed.fire()

    def _tidy(self) -> None:
        """What was known of documents that have been closed is of no use."""
        self._last = {path: last for path, last in self._last.items() if path in self.documents}
        self._asking = {path: lock for path, lock in self._asking.items() if lock.locked() or path in self.documents}
        if self._settler:
            self._settler.forget_closed()

    def _rest_later(self) -> None:
        if self._idle:
            self._idle.cancel()
        loop = asyncio.get_running_loop()
        self._idle = loop.call_later(self.spec.idle_stop, self._rest)

    def _rest(self) -> None:
        """Cancelling its life is how a server is stopped; the task shuts it down itself."""
        if self._life and not self._life.done():
            self._life.add_done_callback(lambda _: self._enter("stopped"))
            self._enter("stopping")
            self._life.cancel()

    def _unanswered(self, status: Status, began: float, detail: str | None) -> Answer:
        return Answer(self.spec.id, status, _since(began), detail=detail)


def _since(began: float) -> int:
    return round((time.monotonic() - began) * 1000)
