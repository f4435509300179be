"""The chat completions protocol: one streamed answer, as the many servers that are "compatible" really send it."""

from collections.abc import Iterator

from pydantic import BaseModel, JsonValue

from dispatch_ls.models.chat_calls import CallDelta, ChatCalls
from dispatch_ls.models.json_text import parse
from dispatch_ls.models.parts import FinishReason, Part, PartReplay, TextDelta, ThoughtDelta, UsageReport
from dispatch_ls.models.sse import ServerEvent
from dispatch_ls.models.wire import Malformed, StreamError
from dispatch_ls.protocol.base import JsonObject
from dispatch_ls.protocol.usage import Usage

WIRE = "openai-chat"
"""What replay data of this wire is tagged with."""

_FINISH: dict[str, FinishReason] = {
    "tool_calls": "tool_calls",
    "function_call": "tool_calls",
    "length": "length",
    "max_tokens": "length",
    "model_length": "length",
    "content_filter": "refusal",
    "refusal": "refusal",
}
_BROKEN = {"error", "insufficient_system_resource", "network_error"}
"""Finish reasons that are failures of the server."""

_GROWING = ("text", "summary", "data")
"""Fields of a reasoning detail that come in pieces."""


class _InputDetails(BaseModel):
    cached_tokens: int | None = None
    cache_write_tokens: int | None = None


class _OutputDetails(BaseModel):
    reasoning_tokens: int | None = None


class _Usage(BaseModel):
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    prompt_tokens_details: _InputDetails | None = None
    completion_tokens_details: _OutputDetails | None = None
    prompt_cache_hit_tokens: int | None = None
    """DeepSeek's name for what was cached."""


class _Delta(BaseModel):
    content: JsonValue = None
    refusal: str | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None
    reasoning_details: list[JsonObject] | None = None
    tool_calls: list[CallDelta] | None = None


class _Choice(BaseModel):
    index: int | None = None
    delta: _Delta | None = None
    message: _Delta | None = None
    finish_reason: str | None = None
    usage: _Usage | None = None


class _Groq(BaseModel):
    usage: _Usage | None = None


class _Chunk(BaseModel):
    choices: list[_Choice] | None = None
    usage: _Usage | None = None
    x_groq: _Groq | None = None
    error: JsonValue = None


_PLAIN = frozenset({"role", "content"})
"""The fields of a delta that is a piece of text."""


class ChatReader:
    """See `Reader`."""

    def __init__(self, origin: str) -> None:
        self.ended = False
        self._origin = origin
        self._reason: str | None = None
        self._calls = ChatCalls()
        self._refused = False
        self._said = False
        self._thought_field = ""
        self._details: list[JsonObject] = []

    @property
    def _thinking(self) -> bool:
        """Whether a thought is under way, which the next word ends."""
        return bool(self._thought_field or self._details)

    @property
    def finish(self) -> FinishReason | None:
        """See `Reader`."""
        if self._reason is None:
            return None
        if self._refused:
            return "refusal"
        # some servers say "stop" after tool calls too
        return _FINISH.get(self._reason, "tool_calls" if self._calls.any else "stop")

    def take(self, event: ServerEvent) -> Iterator[Part]:
        """See `Reader`."""
        if event.data.startswith(b"[DONE]"):
            yield from self._done()
            return
        if event.name == "error":
            raise StreamError(event.data)
        yield from self._chunk(event.data)

    def take_whole(self, body: bytes) -> Iterator[Part]:
        """See `Reader`."""
        yield from self._chunk(body, whole=True)
        self.ended = True

    def _done(self) -> Iterator[Part]:
        """The protocol's own end mark: some servers give no reason before it (Snowflake)."""
        if self._reason is None and self._said:
            yield from self._stopped("stop")
        self.ended = self._reason is not None

    def _chunk(self, data: bytes, *, whole: bool = False) -> Iterator[Part]:
        try:
            chunk = parse(_Chunk, data)
        except ValueError as error:
            raise Malformed(f"{data[:200]!r}") from error
        if chunk.error or (whole and not chunk.choices):
            raise StreamError(data)
        # there is one answer; a server that gives several was not asked to
        choice = next((each for each in chunk.choices or () if not each.index), None)
        if choice is not None:
            yield from self._choice(choice, data)
        usage = chunk.usage or (chunk.x_groq and chunk.x_groq.usage) or (choice and choice.usage)
        if usage:
            yield UsageReport(_counted(usage))

    def _choice(self, choice: _Choice, data: bytes) -> Iterator[Part]:
        delta = choice.delta or choice.message
        if delta is not None:
            yield from self._delta(delta)
        if choice.finish_reason in _BROKEN:
            raise StreamError(data)
        if choice.finish_reason:
            yield from self._stopped(choice.finish_reason)

    def _stopped(self, reason: str) -> Iterator[Part]:
        yield from self._thought_over()
        if self._reason is None:
            yield from self._calls.rest()
            yield from self._signed()
        self._reason = reason

    def _delta(self, delta: _Delta) -> Iterator[Part]:
        # nearly every delta is a piece of text and nothing else: thousands a second take the short way
        if isinstance(delta.content, str) and delta.model_fields_set <= _PLAIN and not self._thinking:
            if delta.content:
                self._said = True
                yield TextDelta(delta.content)
            return
        self._said = self._said or _says(delta.content) or bool(delta.tool_calls)
        for field in ("reasoning_content", "reasoning"):
            if thought := getattr(delta, field):
                self._thought_field = field
                yield ThoughtDelta(thought)
                break
        self._note_details(delta.reasoning_details or ())
        if _says(delta.content) or delta.refusal or delta.tool_calls:
            yield from self._thought_over()
        yield from self._content(delta.content)
        if delta.refusal:
            self._refused = True
            yield TextDelta(delta.refusal)
        for call in delta.tool_calls or ():
            yield from self._calls.take(call)

    def _content(self, content: JsonValue) -> Iterator[Part]:
        """A text, or Mistral's list of texts and thoughts."""
        if isinstance(content, str) and content:
            yield TextDelta(content)
        for part in content if isinstance(content, list) else ():
            if not isinstance(part, dict):
                continue
            if isinstance(text := part.get("text"), str) and text:
                yield TextDelta(text)
            for thought in _texts(part.get("thinking")):
                yield ThoughtDelta(thought)

    def _note_details(self, details: list[JsonObject] | tuple[()]) -> None:
        """OpenRouter's structured thoughts: pieces of the same index belong together."""
        for detail in details:
            last = self._details[-1] if self._details else None
            if last is None or (last.get("type"), last.get("index")) != (detail.get("type"), detail.get("index")):
                self._details.append(dict(detail))
                continue
            for name, value in detail.items():
                before = last.get(name)
                if name in _GROWING and isinstance(before, str) and isinstance(value, str):
                    last[name] = before + value
                elif value is not None:
                    last[name] = value

    def _thought_over(self) -> Iterator[Part]:
        """With the next word of the answer, or its end, a thought is whole, and what must come back with it known."""
        data: JsonObject = {"wire": WIRE, "origin": self._origin}
        if self._details:
            # they hold the text too, and a server takes one or the other
            yield PartReplay("thought", {**data, "details": [*self._details]})
        elif self._thought_field:
            yield PartReplay("thought", {**data, "field": self._thought_field})
        self._details, self._thought_field = [], ""

    def _signed(self) -> Iterator[Part]:
        """Signatures that came with tool calls, as a thought without text (Google)."""
        if signatures := self._calls.signatures():
            yield PartReplay("thought", {"wire": WIRE, "origin": self._origin, "signatures": signatures})


def _says(content: JsonValue) -> bool:
    if isinstance(content, list):
        return any(isinstance(part, dict) and bool(part.get("text")) for part in content)
    return bool(content)


def _texts(parts: JsonValue) -> Iterator[str]:
    for part in parts if isinstance(parts, list) else ():
        if isinstance(part, dict) and isinstance(text := part.get("text"), str):
            yield text


def _counted(usage: _Usage) -> Usage:
    read, written = usage.prompt_tokens_details, usage.completion_tokens_details
    return Usage(
        input=usage.prompt_tokens or 0,
        output=usage.completion_tokens or 0,
        cache_read=(read and read.cached_tokens) or usage.prompt_cache_hit_tokens or 0,
        cache_write=(read and read.cache_write_tokens) or 0,
        reasoning=(written and written.reasoning_tokens) or 0,
        requests=1,
    )
