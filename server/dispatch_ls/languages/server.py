"""One language server in one root, asked by all agents: its documents, its process, its last answers."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from dispatch_ls.languages.connection import Connection
from dispatch_ls.languages.documents import Documents
from dispatch_ls.languages.freshness import Found, Settler
from dispatch_ls.languages.life import ATTEMPTS, Life, State, Unavailable
from dispatch_ls.languages.peer import PeerClosed, ResponseError
from dispatch_ls.languages.spec import Launch, ServerSpec
from dispatch_ls.languages.watch import CHANGED, Kind, events
from dispatch_ls.processes.sandbox import Sandbox

Status = Literal["fresh", "settled", "timeout", "starting", "unavailable", "error"]


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
    """Everything but `check`, `retire` and `restart` returns at once."""

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
        self.launch = launch
        self.root = root
        self.version: str | None = None
        self.encoding = "utf-16"
        self.documents = Documents(spec.max_documents)
        self._life = Life(
            spec, launch, root, env=env, sandbox=sandbox, on_connection=self._connected, on_change=on_change
        )
        self._settler: Settler | None = None
        self._idle: asyncio.TimerHandle | None = None
        self._asking: dict[Path, asyncio.Lock] = {}
        self._last: dict[Path, tuple[Found, float]] = {}

    @property
    def state(self) -> State:
        """Where the process stands."""
        return self._life.state

    @property
    def last_words(self) -> str:
        """Why it ended or did not start, last time."""
        return self._life.last_words

    @property
    def cross_file(self) -> bool:
        """Whether a change of one file can change the diagnostics of another."""
        pulls = self._life.connection.pulls() if self._life.connection else []
        return self.spec.adapter is not None or any(pull.get("interFileDependencies") for pull in pulls)

    def put(self, path: Path, text: str) -> None:
        """The newest text of a file; reaches the server at once if it runs, else when it starts."""
        if language := self.spec.language_of(path):
            self.documents.put(path, language, text)

    def saved(self, path: Path) -> None:
        """What is open is on disk; told to servers that want to know."""
        if self._life.connection and (save := self._life.connection.save):
            self.documents.save(path, isinstance(save, dict) and bool(save.get("includeText")))

    def files_changed(self, changes: Sequence[tuple[Path, Kind]]) -> None:
        """Files were made, changed or removed on disk.

        A server that is asked for its answers knows of changes in open documents from their text; the event would
        only make it work twice.
        """
        news = [(path, kind) for path, kind in changes if not self._learned(path, kind)]
        if news:
            self.documents.files_changed(events(news))

    def last(self, path: Path) -> Found | None:
        """The last answer, however old."""
        return self._last.get(path, (None, 0.0))[0]

    def known(self, path: Path) -> Found | None:
        """The last answer, if nothing the server knows has changed since."""
        found = self.last(path)
        if found is None or path not in self.documents:
            return None
        same = found.version == self.documents[path].version and found.world == self.documents.world
        return found if same else None

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
            return self._unanswered("timeout" if self.state == "ready" else "starting", began)
        except Unavailable as error:
            return self._unanswered("unavailable", began, str(error))
        except ResponseError as error:
            return self._unanswered("error", began, str(error))
        finally:
            self.documents.release(path)
            self._tidy()
        return Answer(self.spec.id, found.status, _since(began), found, None, self.encoding)

    async def retire(self) -> None:
        """Stops for good: open questions are answered with `unavailable`."""
        await self._life.retire()
        if self._idle:
            self._idle.cancel()

    async def restart(self) -> None:
        """Starts anew and forgets earlier crashes."""
        await self._life.restart()

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
        for _ in range(ATTEMPTS):
            await self._life.ready()
            with suppress(PeerClosed):
                return await self._settle(path)
        raise Unavailable(f"it ended {ATTEMPTS} times while it was asked: {self.last_words}")

    async def _settle(self, path: Path) -> Found:
        if self._settler is None:
            raise PeerClosed
        return await self._settler.settle(path)

    def _learned(self, path: Path, kind: Kind) -> bool:
        connection = self._life.connection
        asked = self.spec.adapter is not None or bool(connection and connection.pulls())
        return asked and kind == CHANGED and path in self.documents

    def _connected(self, connection: Connection | None) -> None:
        """A new process is told of everything open."""
        if connection is None:
            self.documents.detach()
            self._settler = None
            return
        self._settler = Settler(self.spec, connection, self.documents)
        self.version = connection.version
        self.encoding = connection.encoding
        self.documents.attach(connection.notify)

    def _tidy(self) -> None:
        """What was known of closed documents is of no use, and neither is a process that nobody asks for long."""
        self._last = {path: last for path, last in self._last.items() if path in self.documents}
        self._asking = {path: lock for path, lock in self._asking.items() if lock.locked() or path in self.documents}
        if self._settler:
            self._settler.forget_closed()
        if self._idle:
            self._idle.cancel()
        self._idle = asyncio.get_running_loop().call_later(self.spec.idle_stop, self._life.stop_soon)

    def _unanswered(self, status: Status, began: float, detail: str | None = None) -> Answer:
        return Answer(self.spec.id, status, _since(began), detail=detail)


def _since(began: float) -> int:
    return round((time.monotonic() - began) * 1000)
