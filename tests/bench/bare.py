"""The floor of a model call: the same HTTP library, each event parsed, the text written as frames of the same size.

A process of its own, as the server is. Reads one JSON object a line, `{"url": …, "bodies": [body, …]}`, posts the
bodies one after the other, writes what comes, and answers each line with the frame `{"done": true}`.
"""

import asyncio
import json
import sys
import time

import httpx
from httpx_sse import EventSource
from pydantic import BaseModel

FLUSH_SECONDS, FLUSH_CHARACTERS = 0.033, 16 * 1024


class Said(BaseModel):
    """What a chunk adds."""

    content: str | None = None


class Choice(BaseModel):
    """One of one."""

    delta: Said
    finish_reason: str | None = None


class Chunk(BaseModel):
    """One event of the stream."""

    choices: list[Choice]


def write(message: object) -> None:
    """One frame."""
    body = json.dumps(message).encode()
    sys.stdout.buffer.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
    sys.stdout.buffer.flush()


async def post(client: httpx.AsyncClient, url: str, body: str) -> None:
    """One request, to the end of its stream."""
    held: list[str] = []
    size, offset, flushed = 0, 0, time.monotonic()
    headers = {"Content-Type": "application/json", "Accept": "text/event-stream"}
    async with client.stream("POST", url, content=body.encode(), headers=headers) as response:
        async for event in EventSource(response).aiter_sse():
            if event.data == "[DONE]":
                continue
            parsed = Chunk.model_validate_json(event.data)
            if not parsed.choices or not (text := parsed.choices[0].delta.content):
                continue
            held.append(text)
            size += len(text)
            if size >= FLUSH_CHARACTERS or time.monotonic() - flushed >= FLUSH_SECONDS:
                write({"method": "$/dispatch/delta", "params": {"offset": offset, "text": "".join(held)}})
                held, size, offset, flushed = [], 0, offset + size, time.monotonic()
    write({"method": "$/dispatch/delta", "params": {"offset": offset, "text": "".join(held)}})


async def main() -> None:
    """Until standard input ends."""
    async with httpx.AsyncClient(timeout=60) as client:
        while line := await asyncio.to_thread(sys.stdin.readline):
            asked = json.loads(line)
            for body in asked["bodies"]:
                await post(client, asked["url"], body)
            write({"done": True})


if __name__ == "__main__":
    asyncio.run(main())
