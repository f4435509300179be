"""The body of a provider's answer: events as they come, within their deadlines, or a stated failure."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass

import httpx

from dispatch_ls.models.failures import Peer
from dispatch_ls.models.sse import LINE_LIMIT, EventDecoder, LineTooLong, ServerEvent
from dispatch_ls.protocol.errors import ErrorClass


@dataclass(frozen=True)
class Timeouts:
    """Seconds. Whatever arrives counts as life, comments and pings too: a model may think for long."""

    headers: float = 60.0
    idle: float = 90.0
    total: float | None = 3600.0
    """Of the whole answer: a server that sends a byte now and then would never end otherwise (PV-05)."""


class Deadline:
    """A moment by which something must be over, None for never."""

    def __init__(self, seconds: float | None) -> None:
        self._end = None if seconds is None else asyncio.get_running_loop().time() + seconds

    def at_most(self, seconds: float) -> float:
        """So many seconds, or what is left."""
        if self._end is None:
            return seconds
        return max(0.0, min(seconds, self._end - asyncio.get_running_loop().time()))

    def shorten(self, seconds: float) -> None:
        """Be over in so many seconds from now, if not earlier."""
        self._end = asyncio.get_running_loop().time() + self.at_most(seconds)


class Answer:
    """The body of an answer, as events or whole."""

    def __init__(self, response: httpx.Response, peer: Peer, timeouts: Timeouts, deadline: Deadline) -> None:
        self._response = response
        self._peer = peer
        self._idle = timeouts.idle
        self._deadline = deadline

    def end_within(self, seconds: float) -> None:
        """The answer is complete: do not wait longer than this for what may follow."""
        self._deadline.shorten(seconds)

    async def events(self) -> AsyncGenerator[ServerEvent | bytes, None]:
        """The events as they come; from a server that does not stream, one JSON body as bytes."""
        decoder = EventDecoder()
        async with aclosing(self._chunks()) as chunks:
            first = await self._first(chunks)
            if first.lstrip().startswith((b"{", b"[")):
                yield await self._body(first, chunks)
                return
            try:
                for event in decoder.feed(first):
                    yield event
                async for chunk in chunks:
                    for event in decoder.feed(chunk):
                        yield event
            except LineTooLong:
                raise self._peer.error(ErrorClass.SERVER, "sent a line without end.") from None

    async def _first(self, chunks: AsyncIterator[bytes]) -> bytes:
        """The first bytes that are more than blanks; raises where they are no answer (PV-02)."""
        first = b""
        async for chunk in chunks:
            first += chunk
            if first.strip() or len(first) > LINE_LIMIT:
                break
        if not first.strip():
            raise self._peer.error(ErrorClass.SERVER, "gave an empty answer.", status=200)
        if first.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
            raise self._peer.error(ErrorClass.SERVER, "answered with a web page where an answer was due.", status=200)
        return first

    async def _body(self, first: bytes, chunks: AsyncIterator[bytes]) -> bytes:
        body = bytearray(first)
        async for chunk in chunks:
            body += chunk
            if len(body) > LINE_LIMIT:
                raise self._peer.error(ErrorClass.SERVER, "sent an answer without end.")
        return bytes(body)

    async def _chunks(self) -> AsyncGenerator[bytes, None]:
        chunks = self._response.aiter_bytes()
        try:
            while (chunk := await self._next(chunks)) is not None:
                yield chunk
        finally:
            if isinstance(chunks, AsyncGenerator):
                await chunks.aclose()

    async def _next(self, chunks: AsyncIterator[bytes]) -> bytes | None:
        limit = self._deadline.at_most(self._idle)
        try:
            async with asyncio.timeout(limit):
                return await anext(chunks, None)
        except TimeoutError:
            raise self._peer.error(ErrorClass.TIMEOUT, self._silence(limit)) from None
        except httpx.HTTPError as error:
            text = f"broke the connection off in the middle of the answer: {why(error)}"
            raise self._peer.error(ErrorClass.NETWORK, text) from None

    def _silence(self, limit: float) -> str:
        if limit < self._idle:
            return "took too long for the whole answer."
        return f"sent nothing for {limit:g} s."


def why(error: Exception) -> str:
    """What the exception says, without the noise of its kind."""
    return str(error) or type(error).__name__
