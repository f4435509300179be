"""Anthropic's Messages API: requests. The answers are read in `anthropic_reader`.

The cache is marked on tools, system prompt and the last two turns of the user (`cache_control`). The mark moves on with
the conversation; the bytes of what came before do not change but for it.
"""

import re
from collections.abc import Iterable, Mapping

from dispatch_ls.models.anthropic_reader import WIRE, AnthropicReader
from dispatch_ls.models.call_ids import ANTHROPIC, CallIds
from dispatch_ls.models.conversation import (
    AssistantMessage,
    ImagePart,
    Message,
    Request,
    TextPart,
    ThoughtPart,
    ToolCallPart,
    ToolResult,
    ToolResults,
    UserMessage,
)
from dispatch_ls.models.efforts import nearest
from dispatch_ls.models.json_text import arguments_of
from dispatch_ls.protocol.base import JsonObject
from dispatch_ls.protocol.sessions import Effort

BASE_URL = "https://api.anthropic.com"
VERSION = "2026-10-21"
MAX_OUTPUT = 64_000
"""Tokens, where the request names no limit: what every model can do but for the first ones of Claude 4."""

MAX_OUTPUT_OF_OLD = 32_000

_EFFORTS = ("low", "medium", "high", "max")
_BUDGETS: Mapping[Effort, int] = {"minimal": 1024, "low": 4096, "medium": 10_000, "high": 20_000, "max": 30_000}
"""Tokens to think with, for models that are told a number."""

_NAME = re.compile(r"claude-(?:[a-z]+-)?(\d+)(?:[-.](\d{1,2})(?!\d))?")
_NEWEST = (99, 0)
"""What a name is taken for that says no version."""

_CACHE: JsonObject = {"type": "ephemeral"}


class Anthropic:
    """The wire for one model of Anthropic, by its name."""

    path = "/v1/messages"

    def __init__(self, name: str) -> None:
        self._name = name
        self._version = _version(name)

    def headers(self, key: str | None) -> Mapping[str, str]:
        """See `Wire`."""
        return {"anthropic-version": VERSION, **({"x-api-key": key} if key else {})}

    def body(self, request: Request) -> JsonObject:
        """See `Wire`."""
        limit = request.max_output or (MAX_OUTPUT if self._version >= (4, 5) else MAX_OUTPUT_OF_OLD)
        body: JsonObject = {"model": self._name, "max_tokens": limit, "stream": True}
        if request.system.strip():
            body["system"] = [{"type": "text", "text": request.system, "cache_control": _CACHE}]
        if request.tools:
            tools: list[JsonObject] = [
                {"name": tool.name, "description": tool.description, "input_schema": tool.parameters}
                for tool in request.tools
            ]
            body["tools"] = [*tools[:-1], tools[-1] | {"cache_control": _CACHE}]
        body["messages"] = [*_marked(_messages(request.messages))]
        return body | self._thinking(request, limit)

    def reader(self) -> AnthropicReader:
        """See `Wire`."""
        return AnthropicReader()

    @property
    def _always_thinks(self) -> bool:
        """Whether the model refuses to be told not to think."""
        return "fable" in self._name or "mythos" in self._name or ("opus" in self._name and self._version >= (5, 5))

    @property
    def _least_thinking(self) -> str:
        """How the model is told not to think; Sonnet from 5.5 on keeps its notes between tool calls at least."""
        return "between_tools" if "sonnet" in self._name and self._version >= (5, 5) else "disabled"

    def _thinking(self, request: Request, limit: int) -> JsonObject:
        if request.effort is None:
            return {}
        if request.effort == "none" and not self._always_thinks:
            return {"thinking": {"type": self._least_thinking}}
        if self._version >= (4, 6):
            return {
                "thinking": {"type": "adaptive", "display": "summarized"},
                "output_config": {"effort": nearest(request.effort, _EFFORTS)},
            }
        budget = min(_BUDGETS[request.effort], limit - 1024)
        if budget < 1024 or _begun_without_thought(request.messages):
            return {}
        return {"thinking": {"type": "enabled", "budget_tokens": budget}}


def _version(name: str) -> tuple[int, int]:
    """Of the model by its name; from 4.6 on it takes an effort instead of a number of tokens to think with."""
    match = _NAME.search(name)
    return (int(match[1]), int(match[2] or 0)) if match is not None else _NEWEST


def _begun_without_thought(messages: Iterable[Message]) -> bool:
    """Whether another model began this turn: thinking by budget can't begin in the middle of one."""
    first: AssistantMessage | None = None
    after_results = False
    for message in messages:
        match message:
            case UserMessage() if not after_results:
                first = None
            case AssistantMessage() if first is None:
                first = message
        after_results = isinstance(message, ToolResults)
    return first is not None and not any(_thought(part) for part in first.parts if isinstance(part, ThoughtPart))


def _messages(messages: Iterable[Message]) -> list[JsonObject]:
    """Each message's blocks; messages of one role that follow each other become one."""
    ids = CallIds(ANTHROPIC)
    told: list[JsonObject] = []
    for message in messages:
        role = "assistant" if isinstance(message, AssistantMessage) else "user"
        blocks = _blocks(message, ids)
        last = told[-1] if told else None
        if last is not None and last["role"] == role and isinstance(last["content"], list):
            last["content"].extend(blocks)
        elif blocks:
            told.append({"role": role, "content": [*blocks]})
    return told


def _blocks(message: Message, ids: CallIds) -> list[JsonObject]:
    match message:
        case UserMessage(text=text, images=images):
            return [_image(image) for image in images] + ([_text(text)] if text.strip() else [])
        case ToolResults(results=results):
            return [_result(result, ids) for result in results]
        case AssistantMessage(parts=parts):
            blocks = (_block(part, ids) for part in parts)
            return [block for block in blocks if block is not None]


def _block(part: TextPart | ThoughtPart | ToolCallPart, ids: CallIds) -> JsonObject | None:
    match part:
        case TextPart(text=text):
            return _text(text) if text.strip() else None
        case ThoughtPart():
            return _thought(part)
        case ToolCallPart(call_id=call_id, name=name, arguments=arguments):
            return {"type": "tool_use", "id": ids.call(call_id), "name": name, "input": arguments_of(arguments)}


def _thought(part: ThoughtPart) -> JsonObject | None:
    """The block byte for byte as it came; None where it came from elsewhere, or was cut off before its signature."""
    replay = part.replay or {}
    if replay.get("wire") != WIRE:
        return None
    if "redacted" in replay:
        return {"type": "redacted_thinking", "data": replay["redacted"]}
    return {"type": "thinking", "thinking": part.text, "signature": replay["signature"]}


def _text(text: str) -> JsonObject:
    return {"type": "text", "text": text}


def _image(image: ImagePart) -> JsonObject:
    kind = "document" if image.mime_type == "application/pdf" else "image"
    return {"type": kind, "source": {"type": "base64", "media_type": image.mime_type, "data": image.data}}


def _result(result: ToolResult, ids: CallIds) -> JsonObject:
    block: JsonObject = {
        "type": "tool_result",
        "tool_use_id": ids.result(result.call_id),
        "content": result.output,
    }
    return block | {"is_error": True} if result.is_error else block


def _marked(messages: list[JsonObject]) -> list[JsonObject]:
    """With the cache's marks on the last two turns of the user: the end of this request, and that of the one before."""
    users = [message for message in messages if message["role"] == "user"]
    for message in users[-2:]:
        if isinstance(content := message["content"], list) and isinstance(last := content[-1], dict):
            content[-1] = last | {"cache_control": _CACHE}
    return messages
