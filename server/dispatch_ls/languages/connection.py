"""One life of a server process: from spawn and `initialize` to its end."""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from pydantic import JsonValue

from dispatch_ls.languages.capabilities import folder, initialize_params
from dispatch_ls.languages.peer import MethodNotFound, Peer, PeerClosed, ResponseError
from dispatch_ls.languages.positions import path_of
from dispatch_ls.languages.shapes import as_integer, as_list, as_object, as_objects, as_text, dig
from dispatch_ls.languages.signals import Signal
from dispatch_ls.languages.spec import Launch
from dispatch_ls.processes.sandbox import Sandbox
from dispatch_ls.processes.spawn import Child, spawn
from dispatch_ls.protocol.base import JsonObject

_PULL = "textDocument/diagnostic"
_STDERR_LINES = 50
_SHUTDOWN = 2.0
_EXIT = 1.0


@dataclass(frozen=True)
class Push:
    """A `textDocument/publishDiagnostics`: the last for its file; `time` is monotonic."""

    items: list[JsonObject]
    version: int | None
    time: float


class Connection:
    """A running server. `news` fires at every push, registration and at the end."""

    def __init__(self, child: Child, root: Path, launch: Launch) -> None:
        self.pushes: dict[Path, Push] = {}
        self.news = Signal()
        self.version: str | None = None
        self.encoding = "utf-16"
        self._child = child
        self._root = root
        self._launch = launch
        self._capabilities: JsonObject = {}
        self._registered: dict[str, tuple[str, JsonValue]] = {}
        self._errors: deque[str] = deque(maxlen=_STDERR_LINES)
        self._peer = Peer(child.stdout, child.stdin, self._answer, self._take_note, self.news.fire)
        self._requests = self._request_handlers()
        self._reading = asyncio.create_task(self._peer.run())
        self._draining = asyncio.create_task(self._drain())

    @classmethod
    async def open(
        cls, launch: Launch, root: Path, env: Mapping[str, str], sandbox: Sandbox | None, timeout: float
    ) -> "Connection":
        """Starts the server and initializes it within `timeout` seconds; leaves nothing behind where it fails.

        Raises OSError, PeerClosed, ResponseError or TimeoutError.
        """
        child = await spawn(launch.command, cwd=root, env=env, stdin=True, stderr="pipe", sandbox=sandbox)
        connection = cls(child, root, launch)
        try:
            async with asyncio.timeout(timeout):
                await connection._initialize()
        except PeerClosed as error:
            await connection.kill()
            raise PeerClosed(connection.last_words) from error
        except BaseException:
            await connection.kill()
            raise
        return connection

    @property
    def closed(self) -> bool:
        """Whether the server has ended or can't be understood any more."""
        return self._peer.closed is not None

    @property
    def last_words(self) -> str:
        """Why it ended, and the last line of its error output."""
        return ": ".join(filter(None, [str(self._peer.closed or ""), next(reversed(self._errors), "")]))[:300]

    @property
    def save(self) -> JsonValue:
        """What the server wants to know about saved files (`SaveOptions`)."""
        return as_object(self._capabilities.get("textDocumentSync")).get("save")

    async def request(self, method: str, params: JsonValue = None) -> JsonValue:
        """Raises ResponseError or PeerClosed."""
        return await self._peer.request(method, params)

    def notify(self, method: str, params: JsonValue = None) -> None:
        """Sends a notification."""
        self._peer.notify(method, params)

    def pulls(self) -> list[JsonObject]:
        """The pull providers as of now: announced at the start, and registered since; an empty object is one."""
        static = self._capabilities.get("diagnosticProvider")
        providers = [as_object(static)] if static is not None and static is not False else []
        return providers + [as_object(options) for method, options in self._registered.values() if method == _PULL]

    def require_open(self) -> None:
        """Raises PeerClosed where nothing can be expected from the server any more."""
        if self._peer.closed:
            raise PeerClosed(str(self._peer.closed))

    async def wait_closed(self) -> None:
        """Returns when the server has ended."""
        while not self.closed:
            await self.news.wait()

    async def shutdown(self) -> None:
        """The polite way, then the process tree's end; a few seconds at most."""
        try:
            with suppress(PeerClosed, ResponseError, TimeoutError):
                async with asyncio.timeout(_SHUTDOWN):
                    await self._peer.request("shutdown")
            self._peer.notify("exit")
            self._child.stdin.close()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._child.wait(), _EXIT)
        finally:
            await self.kill()

    async def kill(self) -> None:
        """Ends the process tree."""
        await self._child.end()
        await asyncio.wait({self._reading, self._draining})

    async def _initialize(self) -> None:
        result = as_object(await self._peer.request("initialize", initialize_params(self._root, self._launch)))
        self._capabilities = as_object(result.get("capabilities"))
        self.version = as_text(as_object(result.get("serverInfo")).get("version")) or None
        self.encoding = as_text(self._capabilities.get("positionEncoding")) or "utf-16"
        self._peer.notify("initialized", {})
        self._peer.notify("workspace/didChangeConfiguration", {"settings": self._launch.settings})

    async def _drain(self) -> None:
        """Unread error output would block the server."""
        left = b""
        while chunk := await self._child.stderr.read(65536):
            *lines, left = (left + chunk)[-65536:].split(b"\n")
            self._errors.extend(text for line in lines if (text := line.decode(errors="replace").strip()))
        if left.strip():
            self._errors.append(left.decode(errors="replace").strip())

    def _take_note(self, method: str, params: JsonValue) -> None:
        if method != "textDocument/publishDiagnostics":
            return
        push = as_object(params)
        if path := path_of(as_text(push.get("uri"))):
            self._keep(
                path, Push(as_objects(push.get("diagnostics")), as_integer(push.get("version")), time.monotonic())
            )
            self.news.fire()

    def _keep(self, path: Path, push: Push) -> None:
        """A late push about an older version does not replace one about a newer."""
        known = self.pushes.get(path)
        if not (known and known.version is not None and push.version is not None and push.version < known.version):
            self.pushes[path] = push

    def _answer(self, method: str, params: JsonValue) -> JsonValue:
        handler = self._requests.get(method)
        if handler is None:
            raise MethodNotFound(method)
        return handler(as_object(params))

    def _request_handlers(self) -> dict[str, Callable[[JsonObject], JsonValue]]:
        return {
            "workspace/configuration": self._configuration,
            "workspace/workspaceFolders": lambda _: [folder(self._root)],
            "workspace/diagnostic/refresh": lambda _: None,
            "workspace/applyEdit": lambda _: {"applied": False, "failureReason": "no edit was asked for"},
            "client/registerCapability": self._register,
            "client/unregisterCapability": self._unregister,
            "window/workDoneProgress/create": lambda _: None,
            "window/showMessageRequest": lambda _: None,
            "window/showDocument": lambda _: {"success": False},
        }

    def _configuration(self, params: JsonObject) -> JsonValue:
        """One answer for each item, null where nothing is known."""
        sections = [as_text(item.get("section")) for item in as_objects(params.get("items"))]
        return [dig(self._launch.settings, section) for section in sections]

    def _register(self, params: JsonObject) -> JsonValue:
        for item in as_objects(params.get("registrations")):
            self._registered[as_text(item.get("id"))] = (as_text(item.get("method")), item.get("registerOptions"))
        self.news.fire()
        return None

    def _unregister(self, params: JsonObject) -> JsonValue:
        """The protocol spells it this way; some servers spell it right."""
        for item in as_list(params.get("unregisterations")) + as_list(params.get("unregistrations")):
            self._registered.pop(as_text(as_object(item).get("id")), None)
        self.news.fire()
        return None
