"""Reading the event stream of OpenAI's Responses."""

from collections.abc import Iterator

from pydantic import BaseModel, ConfigDict, JsonValue

from dispatch_ls.models.classify import in_stream
from dispatch_ls.models.parts import (
    Finished,
    FinishReason,
    Part,
    PartReplay,
    TextDelta,
    ThoughtDelta,
    ToolCallDelta,
    ToolCallStarted,
    UsageReport,
)
from dispatch_ls.protocol.base import JsonObject
from dispatch_ls.protocol.errors import ErrorClass, ProviderError
from dispatch_ls.protocol.usage import Usage

WIRE = "responses"


class _Tolerant(BaseModel):
    model_config = ConfigDict(extra="ignore")


class _Details(_Tolerant):
    cached_tokens: int | None = None
    reasoning_tokens: int | None = None


class _Usage(_Tolerant):
    input_tokens: int | None = None
    output_tokens: int | None = None
    input_tokens_details: _Details | None = None
    output_tokens_details: _Details | None = None

    def counted(self) -> Usage:
        return Usage(
            input=self.input_tokens or 0,
            output=self.output_tokens or 0,
            cache_read=(self.input_tokens_details and self.input_tokens_details.cached_tokens) or 0,
            reasoning=(self.output_tokens_details and self.output_tokens_details.reasoning_tokens) or 0,
            requests=1,
        )


class _Incomplete(_Tolerant):
    reason: str | None = None


class _Response(_Tolerant):
    usage: _Usage | None = None
    error: JsonValue = None
    incomplete_details: _Incomplete | None = None


class StreamEvent(_Tolerant):
    """One event; which fields it has follows from its type."""

    type: str
    delta: str | None = None
    arguments: str | None = None
    output_index: int = 0
    item: JsonObject | None = None
    response: _Response | None = None
    code: str | None = None
    message: str | None = None
    error: JsonValue = None


class ResponsesStream:
    """One answer as it comes. `end` must be called after the last event."""

    def __init__(self) -> None:
        self._calls: dict[int, int] = {}
        self._streamed: set[int] = set()
        self._thoughts = 0
        self._ended = False

    def take(self, event: StreamEvent) -> Iterator[Part]:
        """What an event adds; `ProviderError` where it says that the request failed."""
        match event.type:
            case "response.output_text.delta" | "response.refusal.delta":
                yield TextDelta(event.delta or "")
            case "response.reasoning_summary_text.delta" | "response.reasoning_text.delta":
                self._thoughts += 1
                yield ThoughtDelta(event.delta or "")
            case "response.reasoning_summary_part.added" if self._thoughts:
                yield ThoughtDelta("\n\n")
            case "response.output_item.added":
                yield from self._begins(event)
            case "response.function_call_arguments.delta":
                yield from self._arguments(event, event.delta or "")
            case "response.function_call_arguments.done" if event.output_index not in self._streamed:
                yield from self._arguments(event, event.arguments or "")
            case "response.output_item.done":
                yield from self._ends(event)
            case "response.completed" | "response.incomplete":
                yield from self._finished(event.response or _Response())
            case "response.failed":
                raise in_stream((event.response or _Response()).error)
            case "error":
                raise in_stream(event.error or {"code": event.code, "message": event.message})

    def end(self) -> Iterator[Part]:
        """The end; `ProviderError` where the model had not said that it finished, so that the answer was cut off."""
        if not self._ended:
            raise ProviderError(ErrorClass.NETWORK, "The provider's answer was cut off.", retryable=True)
        return iter(())

    def _begins(self, event: StreamEvent) -> Iterator[Part]:
        item = event.item or {}
        if item.get("type") == "function_call":
            index = self._calls.setdefault(event.output_index, len(self._calls))
            yield ToolCallStarted(index, str(item.get("call_id") or f"call_{index}"), str(item.get("name") or ""))

    def _arguments(self, event: StreamEvent, text: str) -> Iterator[Part]:
        index = self._calls.get(event.output_index)
        if index is not None and text:
            self._streamed.add(event.output_index)
            yield ToolCallDelta(index, text)

    def _ends(self, event: StreamEvent) -> Iterator[Part]:
        item = event.item or {}
        if item.get("type") == "reasoning":
            self._thoughts = 0
            # nothing is stored on their side: without its encrypted form a reasoning item can't be sent again
            if item.get("encrypted_content"):
                kept = {name: value for name, value in item.items() if name not in ("id", "status")}
                yield PartReplay("thought", {"wire": WIRE, "item": kept})

    def _finished(self, response: _Response) -> Iterator[Part]:
        if response.usage is not None:
            yield UsageReport(response.usage.counted())
        self._ended = True
        yield Finished(self._reason(response))

    def _reason(self, response: _Response) -> FinishReason:
        match response.incomplete_details and response.incomplete_details.reason:
            case "max_output_tokens":
                return "length"
            case "content_filter":
                return "refusal"
        return "tool_calls" if self._calls else "stop"
