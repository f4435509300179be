"""OpenAI's Responses API: one streamed answer."""

import json
from collections.abc import Iterator

from pydantic import BaseModel, JsonValue

from dispatch_ls.models.json_text import parse
from dispatch_ls.models.parts import (
    FinishReason,
    Part,
    PartReplay,
    TextDelta,
    ThoughtDelta,
    ToolCallDelta,
    ToolCallStarted,
    UsageReport,
)
from dispatch_ls.models.sse import ServerEvent
from dispatch_ls.models.wire import Malformed, StreamError
from dispatch_ls.protocol.base import JsonObject
from dispatch_ls.protocol.usage import Usage

WIRE = "openai-responses"
"""What replay data of this wire is tagged with."""

_NO_ANSWER = ("failed", "cancelled", "queued", "in_progress")
"""What a whole answer can't be."""


class _InputDetails(BaseModel):
    cached_tokens: int | None = None
    cache_write_tokens: int | None = None


class _OutputDetails(BaseModel):
    reasoning_tokens: int | None = None


class _Usage(BaseModel):
    input_tokens: int | None = None
    output_tokens: int | None = None
    input_tokens_details: _InputDetails | None = None
    output_tokens_details: _OutputDetails | None = None


class _Incomplete(BaseModel):
    reason: str | None = None


class _Response(BaseModel):
    status: str | None = None
    usage: _Usage | None = None
    incomplete_details: _Incomplete | None = None
    output: list[JsonObject] | None = None
    error: JsonValue = None


class _Event(BaseModel):
    type: str = ""
    sequence_number: int | None = None
    output_index: int = 0
    summary_index: int = 0
    delta: JsonValue = None
    item: JsonObject | None = None
    response: _Response | None = None


class ResponsesReader:
    """See `Reader`."""

    def __init__(self, origin: str) -> None:
        self.finish: FinishReason | None = None
        self.ended = False
        self._origin = origin
        self._calls: dict[int, int] = {}
        """Output index → index of its call."""
        self._ids: set[str] = set()
        self._streamed: set[int] = set()
        """Output indexes of which deltas came."""
        self._refused = False
        self._last_number = -1

    def take(self, event: ServerEvent) -> Iterator[Part]:
        """See `Reader`."""
        if event.data == b"[DONE]":
            return
        try:
            parsed = parse(_Event, event.data)
        except ValueError as error:
            raise Malformed(f"{event.data[:200]!r}") from error
        if parsed.type in ("error", "response.failed") or event.name == "error":
            raise StreamError(event.data)
        if self._is_new(parsed.sequence_number):
            yield from self._event(parsed)

    def take_whole(self, body: bytes) -> Iterator[Part]:
        """See `Reader`."""
        try:
            response = parse(_Response, body)
        except ValueError as error:
            raise Malformed(f"{body[:200]!r}") from error
        if response.output is None or response.status in _NO_ANSWER:
            raise StreamError(body)
        for index, item in enumerate(response.output):
            yield from self._done(index, item)
        yield from self._over(response)

    def _is_new(self, number: int | None) -> bool:
        """Whether the event has not been there before: proxies that reconnect send some twice."""
        if number is None or number == 0:
            return True
        new = number > self._last_number
        self._last_number = max(number, self._last_number)
        return new

    def _event(self, event: _Event) -> Iterator[Part]:
        match event.type:
            case "response.output_text.delta" if isinstance(event.delta, str):
                yield from self._text(event.output_index, event.delta)
            case "response.refusal.delta" if isinstance(event.delta, str):
                self._refused = True
                yield from self._text(event.output_index, event.delta)
            case "response.reasoning_summary_text.delta" | "response.reasoning_text.delta" if isinstance(
                event.delta, str
            ):
                yield from self._thought(event.output_index, event.delta)
            case "response.function_call_arguments.delta" if isinstance(event.delta, str):
                yield from self._arguments(event.output_index, event.delta)
            case "response.reasoning_summary_part.added" if event.summary_index > 0:
                yield from self._thought(event.output_index, "\n\n")
            case "response.output_item.added" if event.item is not None:
                yield from self._added(event.output_index, event.item)
            case "response.output_item.done" if event.item is not None:
                yield from self._done(event.output_index, event.item)
            case "response.completed" | "response.incomplete" if event.response is not None:
                yield from self._over(event.response)

    def _text(self, index: int, delta: str) -> Iterator[Part]:
        self._streamed.add(index)
        yield TextDelta(delta)

    def _thought(self, index: int, delta: str) -> Iterator[Part]:
        self._streamed.add(index)
        yield ThoughtDelta(delta)

    def _arguments(self, index: int, delta: str) -> Iterator[Part]:
        if index in self._calls and delta:
            self._streamed.add(index)
            yield ToolCallDelta(self._calls[index], delta)

    def _added(self, index: int, item: JsonObject) -> Iterator[Part]:
        if item.get("type") != "function_call" or index in self._calls:
            return
        call = self._calls[index] = len(self._calls)
        call_id = str(item.get("call_id") or item.get("id") or "")
        if not call_id or call_id in self._ids:
            call_id = f"{call_id or 'call'}_{call}"
        self._ids.add(call_id)
        yield ToolCallStarted(call, call_id, str(item.get("name") or ""))

    def _done(self, index: int, item: JsonObject) -> Iterator[Part]:
        """The item is whole: what no delta brought, and what must be sent again."""
        yield from self._added(index, item)
        match item.get("type"):
            case "message":
                if index not in self._streamed:
                    yield from self._text(index, _texts(item.get("content")))
                if item.get("phase"):
                    yield PartReplay("message", self._replay({"phase": item["phase"]}))
            case "reasoning":
                if index not in self._streamed and (thought := _thoughts(item)):
                    yield from self._thought(index, thought)
                # a `status` of null is what the server says, but not what it takes
                kept: JsonObject = {name: value for name, value in item.items() if value is not None}
                # nothing is stored at the provider: what holds no thought can't be read there again
                if kept.get("encrypted_content") or kept.get("content"):
                    yield PartReplay("thought", self._replay({"item": kept}))
            case "function_call" if index not in self._streamed:
                given = item.get("arguments") or "{}"
                yield from self._arguments(index, given if isinstance(given, str) else json.dumps(given))

    def _replay(self, data: JsonObject) -> JsonObject:
        return {"wire": WIRE, "origin": self._origin, **data}

    def _over(self, response: _Response) -> Iterator[Part]:
        self.ended = True
        reason = response.incomplete_details.reason if response.incomplete_details else None
        if reason == "content_filter" or self._refused:
            self.finish = "refusal"
        elif response.status == "incomplete" or reason is not None:
            self.finish = "length"
        else:
            self.finish = "tool_calls" if self._calls else "stop"
        if response.usage is not None:
            yield UsageReport(_counted(response.usage))


def _counted(usage: _Usage) -> Usage:
    read = usage.input_tokens_details
    written = usage.output_tokens_details
    return Usage(
        input=usage.input_tokens or 0,
        output=usage.output_tokens or 0,
        cache_read=read.cached_tokens or 0 if read else 0,
        cache_write=read.cache_write_tokens or 0 if read else 0,
        reasoning=written.reasoning_tokens or 0 if written else 0,
        requests=1,
    )


def _texts(content: JsonValue, between: str = "") -> str:
    """The texts of content parts; a refusal is one too."""
    parts = content if isinstance(content, list) else []
    texts = (part.get("text") or part.get("refusal") for part in parts if isinstance(part, dict))
    return between.join(text for text in texts if isinstance(text, str))


def _thoughts(item: JsonObject) -> str:
    return _texts(item.get("summary"), "\n\n") or _texts(item.get("content"))
