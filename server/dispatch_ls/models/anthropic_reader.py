"""Anthropic's Messages API: one streamed answer."""

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
from dispatch_ls.protocol.usage import Usage

WIRE = "anthropic"
"""What replay data of this wire is tagged with."""

_FINISH: dict[str, FinishReason] = {
    "tool_use": "tool_calls",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "refusal": "refusal",
}


class _OutputDetails(BaseModel):
    thinking_tokens: int | None = None


class _Usage(BaseModel):
    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_read_input_tokens: int | None = None
    cache_creation_input_tokens: int | None = None
    output_tokens_details: _OutputDetails | None = None


class _Message(BaseModel):
    usage: _Usage | None = None


class _Block(BaseModel):
    """Of a content block, or of its delta."""

    type: str | None = None
    id: str | None = None
    name: str | None = None
    text: str | None = None
    thinking: str | None = None
    signature: str | None = None
    data: str | None = None
    partial_json: str | None = None
    input: JsonValue = None
    stop_reason: str | None = None


class _Event(BaseModel):
    type: str = ""
    index: int = 0
    message: _Message | None = None
    content_block: _Block | None = None
    delta: _Block | None = None
    usage: _Usage | None = None


class _Whole(_Message):
    type: str = ""
    content: list[_Block] = []
    stop_reason: str | None = None


class AnthropicReader:
    """See `Reader`."""

    def __init__(self) -> None:
        self.finish: FinishReason | None = None
        self.ended = False
        self._calls: dict[int, int] = {}
        """Block index → index of its call."""
        self._ids: set[str] = set()
        self._inputs: dict[int, JsonValue] = {}
        """Arguments that came with the start of their block; deltas go over them."""
        self._signatures: dict[int, str] = {}
        self._usage = _Usage()

    def take(self, event: ServerEvent) -> Iterator[Part]:
        """See `Reader`."""
        if event.name == "error":
            raise StreamError(event.data)
        try:
            parsed = parse(_Event, event.data)
        except ValueError as error:
            raise Malformed(f"{event.data[:200]!r}") from error
        yield from self._event(parsed, event)

    def take_whole(self, body: bytes) -> Iterator[Part]:
        """See `Reader`."""
        try:
            whole = parse(_Whole, body)
        except ValueError as error:
            raise Malformed(f"{body[:200]!r}") from error
        if whole.type == "error" or (not whole.content and whole.stop_reason is None):
            raise StreamError(body)
        yield from self._used(whole.usage)
        for index, block in enumerate(whole.content):
            yield from self._begin(index, block)
            yield from self._end(index)
        self._stopped(whole.stop_reason)
        self.ended = True

    def _event(self, event: _Event, raw: ServerEvent) -> Iterator[Part]:
        match event.type:
            case "content_block_delta" if event.delta is not None:
                yield from self._delta(event.index, event.delta)
            case "content_block_start" if event.content_block is not None:
                yield from self._begin(event.index, event.content_block)
            case "content_block_stop":
                yield from self._end(event.index)
            case "message_start" if event.message is not None:
                yield from self._used(event.message.usage)
            case "message_delta":
                self._stopped(event.delta.stop_reason if event.delta else None)
                yield from self._used(event.usage)
            case "message_stop":
                self.ended = True
            case "error":
                raise StreamError(raw.data)

    def _begin(self, index: int, block: _Block) -> Iterator[Part]:
        match block.type:
            case "text" if block.text:
                yield TextDelta(block.text)
            case "thinking":
                if block.thinking:
                    yield ThoughtDelta(block.thinking)
                self._signatures[index] = block.signature or ""
            case "redacted_thinking" if block.data:
                yield PartReplay("thought", {"wire": WIRE, "redacted": block.data})
            case "tool_use" if index not in self._calls:
                yield self._call(index, block)

    def _call(self, index: int, block: _Block) -> ToolCallStarted:
        call = self._calls[index] = len(self._calls)
        call_id = block.id or ""
        if not call_id or call_id in self._ids:
            call_id = f"{call_id or 'call'}_{call}"
        self._ids.add(call_id)
        self._inputs[index] = block.input
        return ToolCallStarted(call, call_id, block.name or "")

    def _delta(self, index: int, delta: _Block) -> Iterator[Part]:
        match delta.type:
            case "text_delta" if delta.text:
                yield TextDelta(delta.text)
            case "thinking_delta" if delta.thinking:
                yield ThoughtDelta(delta.thinking)
            case "signature_delta" if delta.signature:
                self._signatures[index] = self._signatures.get(index, "") + delta.signature
            case "input_json_delta" if delta.partial_json and index in self._calls:
                self._inputs.pop(index, None)
                yield ToolCallDelta(self._calls[index], delta.partial_json)

    def _end(self, index: int) -> Iterator[Part]:
        if signature := self._signatures.pop(index, ""):
            yield PartReplay("thought", {"wire": WIRE, "signature": signature})
        if index in self._inputs:
            given = self._inputs.pop(index) or {}
            yield ToolCallDelta(self._calls[index], json.dumps(given, ensure_ascii=False))

    def _stopped(self, reason: str | None) -> None:
        if reason is not None:
            self.finish = _FINISH.get(reason, "stop")

    def _used(self, usage: _Usage | None) -> Iterator[Part]:
        """The latest counts; what a report leaves out is as in the one before."""
        if usage is None:
            return
        known = self._usage.model_dump(exclude_none=True) | usage.model_dump(exclude_none=True)
        total = self._usage = _Usage.model_validate(known)
        read, written = total.cache_read_input_tokens or 0, total.cache_creation_input_tokens or 0
        details = total.output_tokens_details
        yield UsageReport(
            Usage(
                # Anthropic's own count leaves out what the cache did (facts: models)
                input=(total.input_tokens or 0) + read + written,
                output=total.output_tokens or 0,
                cache_read=read,
                cache_write=written,
                reasoning=details.thinking_tokens or 0 if details else 0,
                requests=1,
            )
        )
