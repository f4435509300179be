"""What a provider's protocol has to say for itself; everything it shares with the others is in `http_model`."""

from collections.abc import Iterator, Mapping
from typing import Protocol

from dispatch_ls.models.conversation import Request
from dispatch_ls.models.parts import FinishReason, Part
from dispatch_ls.models.sse import ServerEvent
from dispatch_ls.protocol.base import JsonObject


class Malformed(Exception):
    """What the provider sent is not what its protocol says."""


class StreamError(Exception):
    """The provider reported an error inside its stream; `body` is what it said."""

    def __init__(self, body: bytes) -> None:
        super().__init__()
        self.body = body


class Reader(Protocol):
    """Reads one answer. No input or output of its own: events in, parts out."""

    @property
    def finish(self) -> FinishReason | None:
        """Why the model stopped, None until it said so: a stream that ends before that was cut off."""

    @property
    def ended(self) -> bool:
        """Whether the provider has said that nothing follows."""

    def take(self, event: ServerEvent) -> Iterator[Part]:
        """The parts in an event. Raises `Malformed`, or `StreamError` where the event is one."""

    def take_whole(self, body: bytes) -> Iterator[Part]:
        """The parts in an answer that came as one JSON body, from a server that does not stream."""


class Wire(Protocol):
    """One protocol for one model."""

    @property
    def path(self) -> str:
        """Where requests go, beneath the base URL."""

    def headers(self, key: str | None) -> Mapping[str, str]:
        """Headers of a request, the secret among them."""

    def body(self, request: Request) -> JsonObject:
        """The request; a conversation that goes on keeps the bytes of its beginning."""

    def reader(self) -> Reader:
        """For one answer."""
