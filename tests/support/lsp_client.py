"""A raw LSP client over real stdio: it hides nothing, keeps all it is told, and waits for what it is asked to."""

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

Answer = Callable[[Any], Any]
"""Answers a request of the server: gets its params, returns the result (or an awaitable of it)."""

SERVE = (sys.executable, "-m", "dispatch_ls", "serve")
DISPATCH = {"experimental": {"dispatch": {"protocolVersion": 1}}}
"""Capabilities of a client that speaks `dispatch/*`."""


class LspError(Exception):
    """The server answered with an error."""

    def __init__(self, error: dict[str, Any]) -> None:
        super().__init__(f"{error.get('code')}: {error.get('message')}")
        self.code: int = error["code"]
        self.text: str = error["message"]
        self.data: dict[str, Any] = error.get("data") or {}


@dataclass(frozen=True)
class Heard:
    """A notification, or a request of the server (`msg_id` is set then)."""

    method: str
    params: Any
    msg_id: int | str | None = None


@dataclass
class LspClient:
    """Use `async with LspClient.started(...)`, or `start` and `kill`."""

    process: asyncio.subprocess.Process
    heard: list[Heard] = field(default_factory=list)
    raw: list[dict[str, Any]] = field(default_factory=list)
    """Every message in the order it came."""
    answers: dict[str, Answer] = field(default_factory=dict)
    stderr: bytearray = field(default_factory=bytearray)

    def __post_init__(self) -> None:
        self._last_id = 0
        self._pending: dict[int | str, asyncio.Future[Any]] = {}
        self._changed = asyncio.Condition()
        self._may_read = asyncio.Event()
        self._may_read.set()
        self._tasks = {asyncio.ensure_future(self._read_all()), asyncio.ensure_future(self._read_stderr())}

    @classmethod
    async def start(
        cls, command: Sequence[str] = SERVE, *, cwd: Path | None = None, env: Mapping[str, str] | None = None
    ) -> Self:
        """Start a server; `env` is added to this process's."""
        process = await asyncio.create_subprocess_exec(
            *command,
            cwd=cwd,
            env={**os.environ, **(env or {})},
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            limit=64 * 1024,
        )
        return cls(process)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.kill()

    # Sending

    async def request(self, method: str, params: Any = None) -> Any:
        """The result; raises `LspError`. Cancelling it sends `$/cancelRequest`."""
        _, future = self.begin(method, params)
        return await future

    def begin(self, method: str, params: Any = None) -> tuple[int, asyncio.Future[Any]]:
        """Send a request and return its id and what will be its result."""
        self._last_id += 1
        message: dict[str, Any] = {"jsonrpc": "2.0", "id": self._last_id, "method": method}
        if params is not None:
            message["params"] = params
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._pending[self._last_id] = future
        self.send(message)
        return self._last_id, future

    def notify(self, method: str, params: Any = None) -> None:
        """Send a notification."""
        self.send({"jsonrpc": "2.0", "method": method, "params": params})

    def send(self, message: Any) -> None:
        """Send any JSON value as a message."""
        self.send_body(json.dumps(message).encode())

    def send_body(self, body: bytes) -> None:
        """Send any bytes as a message."""
        self.send_bytes(b"Content-Length: %d\r\n\r\n" % len(body) + body)

    def send_bytes(self, data: bytes) -> None:
        """Send any bytes."""
        assert self.process.stdin
        self.process.stdin.write(data)

    # The usual course of things

    async def initialize(
        self,
        root: Path | None = None,
        *,
        capabilities: Mapping[str, Any] | None = None,
        dispatch: bool = True,
        options: Mapping[str, Any] | None = None,
    ) -> Any:
        """initialize and initialized; `dispatch=False` makes a plain LSP client."""
        result = await self.request(
            "initialize",
            {
                "processId": None,
                "rootUri": root.as_uri() if root else None,
                "workspaceFolders": [{"uri": root.as_uri(), "name": root.name}] if root else None,
                "capabilities": {**(capabilities or {}), **(DISPATCH if dispatch else {})},
                "initializationOptions": dict(options or {}),
            },
        )
        self.notify("initialized", {})
        return result

    async def shut_down(self) -> int:
        """shutdown and exit; returns the exit code."""
        await self.request("shutdown")
        self.notify("exit")
        return await self.process.wait()

    async def leave(self) -> int:
        """Close the server's stdin; returns the exit code."""
        assert self.process.stdin
        self.process.stdin.close()
        return await self.process.wait()

    async def kill(self) -> None:
        """End the process, whatever state it is in, and stop reading."""
        self.resume_reading()
        if self.process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self.process.kill()
        await self.process.wait()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self.process.stdin:
            self.process.stdin.close()

    # What the server says

    async def wait_for(self, method: str, accept: Callable[[Any], bool] = lambda _: True, *, after: int = 0) -> Any:
        """The params of the first such message, heard already (from index `after` of `heard`) or yet to come."""
        found = await self.wait_until(
            lambda: next((one for one in self.heard[after:] if one.method == method and accept(one.params)), None)
        )
        return found.params

    async def wait_until(self, look: Callable[[], Any]) -> Any:
        """What `look` returns, once that is true; it is called after every message."""
        async with self._changed:
            while not (found := look()):
                if self.process.returncode is not None and self._at_end:
                    raise AssertionError(f"the server has ended; it had said: {self.heard} {bytes(self.stderr)!r}")
                await self._changed.wait()
            return found

    def said(self, method: str) -> list[Any]:
        """The params of all such messages so far."""
        return [one.params for one in self.heard if one.method == method]

    def events(self, session_id: str) -> list[dict[str, Any]]:
        """All events of a session so far, in the order they came."""
        told = [one for one in self.said("dispatch/events") if one["sessionId"] == session_id]
        return [event for one in told for event in one["events"]]

    async def wait_for_event(
        self, session_id: str, event_type: str, accept: Callable[[Any], bool] = lambda _: True
    ) -> Any:
        """The first event of that type of the session, heard already or yet to come."""
        return await self.wait_until(
            lambda: next((one for one in self.events(session_id) if one["type"] == event_type and accept(one)), None)
        )

    def stop_reading(self) -> None:
        """Be an editor that does not read: the pipe fills."""
        self._may_read.clear()

    def resume_reading(self) -> None:
        """Read again."""
        self._may_read.set()

    _at_end = False

    async def _read_all(self) -> None:
        try:
            while (message := await self._read()) is not None:
                self.raw.append(message)
                await self._take(message)
        finally:
            self._at_end = True
            for future in self._pending.values():
                if not future.done():
                    future.set_exception(ConnectionError("the server has ended"))
                    future.exception()
            await self.process.wait()
            async with self._changed:
                self._changed.notify_all()

    async def _read(self) -> dict[str, Any] | None:
        assert self.process.stdout
        await self._may_read.wait()
        try:
            head = await self.process.stdout.readuntil(b"\r\n\r\n")
            length = int(head.lower().partition(b"content-length:")[2].split()[0])
            message: dict[str, Any] = json.loads(await self.process.stdout.readexactly(length))
        except asyncio.IncompleteReadError:
            return None
        return message

    async def _take(self, message: dict[str, Any]) -> None:
        if "method" in message:
            heard = Heard(message["method"], message.get("params"), message.get("id"))
            self.heard.append(heard)
            if heard.msg_id is not None and heard.method in self.answers:
                task = asyncio.ensure_future(self._answer(heard))
                self._tasks.add(task)
        elif (future := self._pending.pop(message.get("id") or 0, None)) and not future.done():
            if "error" in message:
                future.set_exception(LspError(message["error"]))
                future.exception()
            else:
                future.set_result(message["result"])
        async with self._changed:
            self._changed.notify_all()

    async def _answer(self, asked: Heard) -> None:
        result = self.answers[asked.method](asked.params)
        if isinstance(result, Awaitable):
            result = await result
        self.respond(asked, result)

    def respond(self, asked: Heard, result: Any) -> None:
        """Answer a request of the server by hand."""
        self.send({"jsonrpc": "2.0", "id": asked.msg_id, "result": result})

    async def _read_stderr(self) -> None:
        assert self.process.stderr
        while data := await self.process.stderr.read(65536):
            self.stderr += data
