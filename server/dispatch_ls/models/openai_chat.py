"""OpenAI-compatible Chat Completions: the wire of most providers and of local servers (LOOP-3)."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

from pydantic import ValidationError

from dispatch_ls.models.chat_request import body_of
from dispatch_ls.models.chat_stream import ChatStream, Chunk
from dispatch_ls.models.classify import in_stream
from dispatch_ls.models.conversation import Request
from dispatch_ls.models.parts import Part
from dispatch_ls.models.transport import Transport
from dispatch_ls.protocol.errors import ErrorClass, ProviderError

DONE = "[DONE]"


class OpenAIChat:
    """One model behind a Chat Completions endpoint; local servers need no secret."""

    def __init__(self, transport: Transport, base_url: str, secret: str | None, name: str) -> None:
        self._transport = transport
        self._url = f"{base_url.rstrip('/')}/chat/completions"
        self._headers = {"authorization": f"Bearer {secret}"} if secret else {}
        self._name = name

    async def stream(self, request: Request) -> AsyncGenerator[Part, None]:
        """See `Model.stream`."""
        answer = ChatStream()
        async with aclosing(self._transport.events(self._url, self._headers, body_of(request, self._name))) as events:
            async for event in events:
                if event.data == DONE:
                    break
                for part in answer.take(_chunk(event.data)):
                    yield part
        for part in answer.end():
            yield part


def _chunk(data: str) -> Chunk:
    try:
        chunk = Chunk.model_validate_json(data)
    except ValidationError as error:
        raise ProviderError(
            ErrorClass.SERVER, "The provider sent something that is not part of an answer.", retryable=True
        ) from error
    if chunk.error is not None:
        raise in_stream(chunk.error)
    return chunk
