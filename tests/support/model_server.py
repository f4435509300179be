"""A model provider on 127.0.0.1: raw HTTP/1.1, so that a test decides over every byte and every way to fail.

    async with ModelServer() as server:
        server.reply(sse(chat_stream(Said(text="hello")), cut_at=(3, 17)))
        ...                                    # ask a model at server.url
        assert server.requests[0].json["model"] == "m"

Replies are used up in order; the last one of `server.always` is for all that follow. A reply is a head and then steps:
bytes, or something that happens (`HANG`, `FIN`, `RST`, or an `asyncio.Event` to wait for). Bytes of one step are one
chunk and one write.
"""

import asyncio
import json
import socket
import struct
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from enum import Enum
from itertools import pairwise
from typing import Any, Literal, Self


class Happening(Enum):
    """What a server may do other than send."""

    HANG = "send nothing more and wait until the client goes"
    FIN = "close the connection here"
    RST = "reset the connection here"


HANG, FIN, RST = Happening.HANG, Happening.FIN, Happening.RST

Step = bytes | Happening | asyncio.Event


@dataclass(frozen=True)
class Reply:
    """One answer; without `framing` the body ends with the connection."""

    steps: Sequence[Step] = ()
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    framing: Literal["chunked", "length"] | None = "chunked"
    head: bool = True
    """False: the steps follow without any head, or there is no answer at all."""


@dataclass(frozen=True)
class Recorded:
    """A request as it arrived."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body, which is JSON."""
        return json.loads(self.body)


def sse(stream: bytes, *, cut_at: Sequence[int] = (), end: Step | None = None, **head: Any) -> Reply:
    """An event stream, cut into writes at these offsets; `end` happens after it, before the body is over."""
    places = [0, *sorted({place for place in cut_at if 0 < place < len(stream)}), len(stream)]
    steps: list[Step] = [stream[start:stop] for start, stop in pairwise(places)]
    return Reply([*steps, *([end] if end is not None else [])], headers={"content-type": "text/event-stream"}, **head)


def body(data: bytes | object, status: int = 200, **headers: str) -> Reply:
    """A whole body: bytes as they are, anything else as JSON. Underscores in header names are hyphens."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    if not isinstance(data, bytes):
        data = json.dumps(data).encode()
        named = {"content-type": "application/json", **named}
    return Reply([data], status, named, framing="length")


class ModelServer:
    """Listens while its context lasts."""

    def __init__(self) -> None:
        self.requests: list[Recorded] = []
        self.connections = 0
        self.asked = asyncio.Semaphore(0)
        """Released with each request that has arrived."""
        self.closed = asyncio.Semaphore(0)
        """Released whenever a client has closed its connection."""
        self._replies: list[Reply] = []
        self._always: Callable[[Recorded], Reply] | None = None
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *exception: object) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def url(self) -> str:
        """Where it listens, without a slash at the end."""
        assert self._server is not None
        host, port = self._server.sockets[0].getsockname()
        return f"http://{host}:{port}"

    def reply(self, *replies: Reply) -> None:
        """The next answers."""
        self._replies.extend(replies)

    def always(self, reply: Reply | Callable[[Recorded], Reply]) -> None:
        """The answer to all requests for which there is no other."""
        self._always = reply if callable(reply) else lambda _: reply

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        self.connections += 1
        try:
            while (request := await _request(reader)) is not None:
                self.requests.append(request)
                self.asked.release()
                if not await self._answer(self._next(request), reader, writer):
                    return
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # the client has gone, or the test is over
        finally:
            self.closed.release()
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()

    def _next(self, request: Recorded) -> Reply:
        if self._replies:
            return self._replies.pop(0)
        assert self._always is not None, f"nothing to answer {request.method} {request.path} with"
        return self._always(request)

    async def _answer(self, reply: Reply, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Send it; whether the connection can be used again."""
        if reply.head:
            writer.write(_head(reply))
        for step in reply.steps:
            match step:
                case bytes():
                    framed = reply.head and reply.framing == "chunked"
                    writer.write(b"%x\r\n%b\r\n" % (len(step), step) if framed and step else step)
                    await writer.drain()
                    await asyncio.sleep(0)
                case asyncio.Event():
                    await step.wait()
                case Happening.HANG:
                    await reader.read()
                    return False
                case Happening.FIN:
                    return False
                case Happening.RST:
                    _reset(writer)
                    return False
        if reply.head and reply.framing == "chunked":
            writer.write(b"0\r\n\r\n")
        await writer.drain()
        return reply.head and reply.framing is not None


def _head(reply: Reply) -> bytes:
    headers = {name.lower(): value for name, value in reply.headers.items()}
    if reply.framing == "chunked":
        headers["transfer-encoding"] = "chunked"
    elif reply.framing == "length":
        headers.setdefault("content-length", str(sum(len(step) for step in reply.steps if isinstance(step, bytes))))
    else:
        headers["connection"] = "close"
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {reply.status} Said\r\n{lines}\r\n".encode("latin-1")


async def _request(reader: asyncio.StreamReader) -> Recorded | None:
    first = await reader.readline()
    if not first.strip():
        return None
    method, path, _ = first.decode("latin-1").split(" ", 2)
    headers: dict[str, str] = {}
    while line := (await reader.readline()).decode("latin-1").strip():
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    return Recorded(method, path, headers, await reader.readexactly(int(headers.get("content-length", "0"))))


def _reset(writer: asyncio.StreamWriter) -> None:
    """Close so that the client gets a reset instead of an end."""
    connection: socket.socket = writer.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
