"""A provider on this machine that answers at once, in a process of its own: it must not share our loop.

Speaks OpenAI's chat completions over HTTP/1.1. What it does is named by the model:

    deltas-N       N small deltas, as fast as they are read
    paced-N-R      N deltas, R a second, each of them the moment it was sent (CLOCK_MONOTONIC, nanoseconds)
    steps-N        N tool calls, one a request, each of `read_file` on another file
    edits-N        N tool calls, one a request, of `edit_file`: odd ones break `module.py`, even ones mend it

`GET /bodies` returns the bodies of the requests since the last such call, as a JSON list.
"""

import asyncio
import json
import sys
import time
from collections.abc import Iterator
from typing import Any

from bench.texts import MODULE, edition_line

TOKEN = "word "
BATCH = 200
"""Deltas that are written at once where nobody paces them."""


def delta(content: str) -> bytes:
    """One chunk of text."""
    return chunk({"content": content})


def chunk(said: dict[str, Any], finish: str | None = None) -> bytes:
    """One server-sent event, as the providers write it."""
    choice = {"index": 0, "delta": said, "logprobs": None, "finish_reason": finish}
    data = {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]}
    return b"data: %b\n\n" % json.dumps(data).encode()


def ending(finish: str) -> bytes:
    """Why it ended, what it used, and the end."""
    usage = {"prompt_tokens": 1000, "completion_tokens": 100, "total_tokens": 1100}
    data = {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [], "usage": usage}
    return chunk({}, finish) + b"data: %b\n\ndata: [DONE]\n\n" % json.dumps(data).encode()


def call(number: int, tool: str, arguments: dict[str, Any]) -> bytes:
    """A whole answer that calls one tool."""
    function = {"name": tool, "arguments": json.dumps(arguments)}
    said = {"index": 0, "id": f"call_{number}", "type": "function", "function": function}
    return chunk({"role": "assistant", "tool_calls": [said]}) + ending("tool_calls")


def answer(kind: str, numbers: list[int], given: int) -> Iterator[bytes]:
    """The pieces of an answer that nobody paces; `given` is how many results of tools the request holds."""
    total = numbers[0]
    if kind == "steps" and given < total:
        yield call(given, "read_file", {"path": f"file_{given}.txt"})
    elif kind == "edits" and given < total:
        old, new = edition_line(given), edition_line(given + 1)
        yield call(given, "edit_file", {"path": MODULE, "old_text": old, "new_text": new})
    elif kind == "deltas":
        for start in range(0, total, BATCH):
            yield b"".join(delta(TOKEN) for _ in range(start, min(start + BATCH, total)))
        yield ending("stop")
    else:
        yield delta("Done.") + ending("stop")


class Connection:
    """One client; requests come one after the other."""

    def __init__(self, bodies: list[str], reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._bodies = bodies
        self._reader = reader
        self._writer = writer

    async def serve(self) -> None:
        """Answer until the client leaves."""
        try:
            while True:
                head = await self._reader.readuntil(b"\r\n\r\n")
                length = head.lower().partition(b"content-length:")[2].split(b"\r\n")[0].strip()
                await self._answer(head, await self._reader.readexactly(int(length or 0)))
        except (asyncio.IncompleteReadError, ConnectionError):
            self._writer.close()

    async def _answer(self, head: bytes, body: bytes) -> None:
        if head.startswith(b"GET"):
            said = json.dumps(self._bodies).encode()
            self._bodies.clear()
            self._writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(said), said))
            return
        self._bodies.append(body.decode())
        asked = json.loads(body)
        kind, *rest = asked["model"].split("-")
        numbers = [int(number) for number in rest]
        self._writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
        if kind == "paced":
            await self._paced(*numbers)
        else:
            given = sum(message["role"] == "tool" for message in asked["messages"])
            for piece in answer(kind, numbers, given):
                await self._write(piece)
        self._writer.write(b"0\r\n\r\n")

    async def _paced(self, count: int, rate: int) -> None:
        loop = asyncio.get_running_loop()
        start = loop.time()
        for number in range(count):
            await asyncio.sleep(max(0, start + number / rate - loop.time()))
            await self._write(delta(f"{time.monotonic_ns()} "))
        await self._write(ending("stop"))

    async def _write(self, piece: bytes) -> None:
        self._writer.write(b"%x\r\n%b\r\n" % (len(piece), piece))
        await self._writer.drain()


async def main() -> None:
    """Serve until standard input ends; the port is the first line of standard output."""
    bodies: list[str] = []
    server = await asyncio.start_server(
        lambda reader, writer: Connection(bodies, reader, writer).serve(), "127.0.0.1", 0, limit=2**24
    )
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    async with server:
        await asyncio.to_thread(sys.stdin.read)
        server.close()


if __name__ == "__main__":
    asyncio.run(main())
