"""OpenAI Responses: the wire of OpenAI's own models (LOOP-3)."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

from pydantic import ValidationError

from dispatch_ls.models.conversation import Request
from dispatch_ls.models.parts import Part
from dispatch_ls.models.responses_request import body_of
from dispatch_ls.models.responses_stream import ResponsesStream, StreamEvent
from dispatch_ls.models.transport import Transport
from dispatch_ls.protocol.errors import ErrorClass, ProviderError

DONE = "[DONE]"


class OpenAIResponses:
    """One model behind a Responses endpoint."""

    def __init__(self, transport: Transport, base_url: str, secret: str, name: str) -> None:
        self._transport = transport
        self._url = f"{base_url.rstrip('/')}/responses"
        self._headers = {"authorization": f"Bearer {secret}"}
        self._name = name

    async def stream(self, request: Request) -> AsyncGenerator[Part, None]:
        """See `Model.stream`."""
        answer = ResponsesStream()
        async with aclosing(self._transport.events(self._url, self._headers, body_of(request, self._name))) as events:
            async for event in events:
                if event.data == DONE:
                    break
                for part in answer.take(_parsed(event.data)):
                    yield part
        for part in answer.end():
            yield part


def _parsed(data: str) -> StreamEvent:
    try:
        return StreamEvent.model_validate_json(data)
    except ValidationError as error:
        raise ProviderError(
            ErrorClass.SERVER, "The provider sent something that is not part of an answer.", retryable=True
        ) from error
