"""The least an editor is: JSON-RPC over the standard streams of a server process."""

import asyncio
import contextlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import JsonValue

from dispatch_ls.protocol.base import JsonObject

METHOD_NOT_FOUND = -32601


class Refused(Exception):
    """The server answered with an error; the text is for the user."""


class Lost(Exception):
    """The server is gone before it answered."""


@dataclass(frozen=True)
class News:
    """A notification of the server."""

    method: str
    params: JsonObject


class Client:
    """One server and what was asked of it. The server is a process group of its own: Ctrl-C here does not reach it."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._news: asyncio.Queue[News | None] = asyncio.Queue()
        self._asked: dict[int, asyncio.Future[JsonValue]] = {}
        self._last = 0
        self._reading = asyncio.create_task(self._read_all())

    @classmethod
    async def start(cls, command: Sequence[str], *, cwd: Path, env: Mapping[str, str], stderr: Path) -> "Client":
        """Start the server; what it says on stderr goes to a file."""
        with stderr.open("wb") as errors:
            process = await asyncio.create_subprocess_exec(
                *command,
                cwd=cwd,
                env=env,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=errors,
                start_new_session=True,
            )
        return cls(process)

    async def request(self, method: str, params: JsonObject | None = None) -> JsonValue:
        """The result; raises `Refused` or `Lost`."""
        self._last += 1
        answer: asyncio.Future[JsonValue] = asyncio.get_running_loop().create_future()
        self._asked[self._last] = answer
        self._send({"id": self._last, "method": method, "params": params or {}})
        if self._reading.done():
            self._lose()
        return await answer

    def notify(self, method: str, params: JsonObject | None = None) -> None:
        """Tell the server something."""
        self._send({"method": method, "params": params or {}})

    async def news(self) -> News:
        """The next notification, in the order they came; raises `Lost` when there will be none."""
        found = await self._news.get()
        if found is None:
            self._news.put_nowait(None)
            raise Lost("The server ended in the middle.")
        return found

    async def close(self, deadline: float = 5.0) -> None:
        """`shutdown` and `exit`; killed if that takes longer than `deadline` seconds."""
        with contextlib.suppress(TimeoutError, Refused, Lost):
            async with asyncio.timeout(deadline):
                await self.request("shutdown")
                self.notify("exit")
                await self._process.wait()
        if self._process.returncode is None:
            self._process.kill()
        await self._process.wait()
        await self._reading

    def _send(self, message: JsonObject) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        if self._process.stdin is not None and not self._process.stdin.is_closing():
            self._process.stdin.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))

    async def _read_all(self) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                self._take(await self._read())
        self._lose()

    async def _read(self) -> JsonObject:
        stdout = self._process.stdout
        assert stdout is not None, "started with a pipe"
        head = await stdout.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
        message: JsonObject = json.loads(await stdout.readexactly(length))
        return message

    def _take(self, message: JsonObject) -> None:
        method, number, params = message.get("method"), message.get("id"), message.get("params")
        if isinstance(method, str) and number is None:
            self._news.put_nowait(News(method, params if isinstance(params, dict) else {}))
        elif isinstance(method, str):
            refusal: JsonObject = {"code": METHOD_NOT_FOUND, "message": f"This client has no {method}."}
            self._send({"id": number, "error": refusal})
        elif isinstance(number, int) and (answer := self._asked.pop(number, None)) and not answer.done():
            if isinstance(error := message.get("error"), dict):
                answer.set_exception(Refused(str(error.get("message"))))
            else:
                answer.set_result(message.get("result"))

    def _lose(self) -> None:
        self._news.put_nowait(None)
        for answer in self._asked.values():
            if not answer.done():
                answer.set_exception(Lost("The server ended before it answered."))
                answer.exception()
        self._asked.clear()
