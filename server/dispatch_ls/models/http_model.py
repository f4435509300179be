"""A model behind a wire: what all providers share."""

import logging
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from urllib.parse import urlsplit

from dispatch_ls.models.answer import Answer
from dispatch_ls.models.conversation import Request
from dispatch_ls.models.failures import Peer
from dispatch_ls.models.json_text import encode
from dispatch_ls.models.parts import Finished, Part
from dispatch_ls.models.seams import Seams
from dispatch_ls.models.sse import ServerEvent
from dispatch_ls.models.transport import Transport
from dispatch_ls.models.wire import Malformed, Reader, StreamError, Wire
from dispatch_ls.protocol.errors import ErrorClass, ProviderError

_log = logging.getLogger(__name__)

ENDING = 5.0
"""Seconds to wait, once the model has stopped, for what follows, such as its usage."""

DRAIN = 0.1
"""Seconds to wait for the end of the body: only a connection that is read up can be used again."""


class HttpModel:
    """One model at one address with one key; see `Model`."""

    def __init__(self, wire: Wire, base_url: str, key: str | None, transport: Transport) -> None:
        self._wire = wire
        self._url = base_url.rstrip("/") + wire.path
        self._key = key
        self._transport = transport
        self._peer = Peer(urlsplit(base_url).netloc.rpartition("@")[2] or base_url, key)

    async def stream(self, request: Request) -> AsyncGenerator[Part, None]:
        """The answer as it comes. An error is raised after all that came before it."""
        reader, seams = self._wire.reader(), Seams()
        headers = {"content-type": "application/json", "accept": "text/event-stream", **self._wire.headers(self._key)}
        async with self._transport.post(self._url, headers, encode(self._wire.body(request)), self._peer) as answer:
            try:
                async with aclosing(self._parts(answer, reader)) as parts:
                    async for part in parts:
                        if seams.passes(part):
                            yield part
                            continue
                        for joined in seams.join(part):
                            yield joined
            except ProviderError as error:
                for part in seams.rest():
                    yield part
                if reader.finish is None:
                    raise
                # all that was to be said has been said
                _log.debug("after the end of an answer: %s", error)
            for part in seams.rest():
                yield part
        if reader.finish is None:
            raise self._peer.error(ErrorClass.NETWORK, "ended the answer in the middle.", status=200)
        yield Finished(reader.finish)

    async def _parts(self, answer: Answer, reader: Reader) -> AsyncGenerator[Part, None]:
        async with aclosing(answer.events()) as events:
            async for event in events:
                if not reader.ended:
                    for part in self._read(reader, event):
                        yield part
                    _hurry(answer, reader)

    def _read(self, reader: Reader, event: ServerEvent | bytes) -> Iterator[Part]:
        """The parts in an event, its errors as the user gets them."""
        try:
            yield from reader.take_whole(event) if isinstance(event, bytes) else reader.take(event)
        except Malformed as error:
            raise self._peer.error(ErrorClass.SERVER, f"sent something malformed: {error}", status=200) from None
        except StreamError as error:
            raise self._peer.broke_off(error.body) from None


def _hurry(answer: Answer, reader: Reader) -> None:
    """Wait no longer than makes sense for what may follow."""
    if reader.ended:
        answer.end_within(DRAIN)
    elif reader.finish is not None:
        answer.end_within(ENDING)
