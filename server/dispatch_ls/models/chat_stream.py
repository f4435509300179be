"""Reading a Chat Completions stream, with all that compatible servers were seen to do differently."""

import json
from collections.abc import Iterator
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, JsonValue

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

WIRE = "chat"


class _Tolerant(BaseModel):
    model_config = ConfigDict(extra="ignore")


class _Function(_Tolerant):
    name: str | None = None
    arguments: str | JsonObject | None = None


class _ToolCall(_Tolerant):
    index: int | None = None
    id: str | None = None
    function: _Function | None = None


class _Delta(_Tolerant):
    content: str | list[JsonValue] | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None
    refusal: str | None = None
    tool_calls: list[_ToolCall] | None = None


class _Choice(_Tolerant):
    delta: _Delta | None = None
    finish_reason: str | None = None


class _Details(_Tolerant):
    cached_tokens: int | None = None
    reasoning_tokens: int | None = None


class _Usage(_Tolerant):
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    prompt_tokens_details: _Details | None = None
    completion_tokens_details: _Details | None = None
    prompt_cache_hit_tokens: int | None = None

    def counted(self) -> Usage:
        cached = self.prompt_tokens_details.cached_tokens if self.prompt_tokens_details else None
        reasoning = self.completion_tokens_details.reasoning_tokens if self.completion_tokens_details else None
        return Usage(
            input=self.prompt_tokens or 0,
            output=self.completion_tokens or 0,
            cache_read=cached or self.prompt_cache_hit_tokens or 0,
            reasoning=reasoning or 0,
            requests=1,
        )


class Chunk(_Tolerant):
    """One event of the stream."""

    choices: list[_Choice] | None = None
    usage: _Usage | None = None
    error: JsonValue = None


@dataclass
class _Call:
    index: int
    key: int | None
    id: str


class ChatStream:
    """One answer as it comes. `end` must be called after the last event."""

    def __init__(self) -> None:
        self._calls: list[_Call] = []
        self._thought: str | None = None
        self._finish: str | None = None

    def take(self, chunk: Chunk) -> Iterator[Part]:
        """What an event adds."""
        for choice in (chunk.choices or [])[:1]:
            if choice.delta is not None:
                yield from self._delta(choice.delta)
            self._finish = choice.finish_reason or self._finish
        if chunk.usage is not None:
            yield UsageReport(chunk.usage.counted())

    def end(self) -> Iterator[Part]:
        """The end; `ProviderError` where the model had not said that it finished, so that the answer was cut off."""
        yield from self._thought_ends()
        if self._finish is None:
            raise ProviderError(ErrorClass.NETWORK, "The provider's answer was cut off.", retryable=True)
        yield Finished(self._reason(self._finish))

    def _reason(self, finish: str) -> FinishReason:
        match finish:
            case "length" | "max_tokens":
                return "length"
            case "content_filter":
                return "refusal"
        # some servers say stop although they call tools
        return "tool_calls" if self._calls else "stop"

    def _delta(self, delta: _Delta) -> Iterator[Part]:
        for name, thought in (("reasoning_content", delta.reasoning_content), ("reasoning", delta.reasoning)):
            if thought:
                self._thought = name
                yield ThoughtDelta(thought)
                break
        yield from self._content(delta.content)
        if delta.refusal:
            yield from self._said(delta.refusal)
        for call in delta.tool_calls or []:
            yield from self._thought_ends()
            yield from self._call(call)

    def _content(self, content: str | list[JsonValue] | None) -> Iterator[Part]:
        if isinstance(content, str):
            yield from self._said(content)
            return
        for block in content or []:
            if isinstance(block, dict) and block.get("type") == "thinking":
                yield from self._blocks_of_thought(block)
            elif isinstance(block, dict) and isinstance(text := block.get("text"), str):
                yield from self._said(text)

    def _blocks_of_thought(self, block: JsonObject) -> Iterator[Part]:
        inner = block.get("thinking")
        for each in inner if isinstance(inner, list) else [{"text": inner}]:
            if isinstance(each, dict) and isinstance(text := each.get("text"), str) and text:
                self._thought = "thinking"
                yield ThoughtDelta(text)

    def _said(self, text: str) -> Iterator[Part]:
        if text:
            yield from self._thought_ends()
            yield TextDelta(text)

    def _thought_ends(self) -> Iterator[Part]:
        if self._thought is not None:
            yield PartReplay("thought", {"wire": WIRE, "field": self._thought})
            self._thought = None

    def _call(self, call: _ToolCall) -> Iterator[Part]:
        function = call.function or _Function()
        known = self._known(call, function)
        if known is None:
            known = _Call(len(self._calls), call.index, self._unique(call.id))
            self._calls.append(known)
            yield ToolCallStarted(known.index, known.id, function.name or "")
        arguments = function.arguments
        text = arguments if isinstance(arguments, str) else json.dumps(arguments) if arguments is not None else ""
        if text:
            yield ToolCallDelta(known.index, text)

    def _known(self, call: _ToolCall, function: _Function) -> _Call | None:
        """The call that a piece belongs to; servers leave index or id out, or give all calls the same index."""
        if call.index is not None:
            same = next((each for each in reversed(self._calls) if each.key == call.index), None)
            another = same is not None and function.name and call.id and not same.id.startswith(call.id)
            return None if another else same
        if call.id:
            return next((each for each in self._calls if each.id == call.id and not function.name), None)
        return self._calls[-1] if self._calls and not function.name else None

    def _unique(self, wanted: str | None) -> str:
        used = {call.id for call in self._calls}
        base = wanted or f"call_{len(self._calls)}"
        return base if base not in used else f"{base}_{len(self._calls)}"
