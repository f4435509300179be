"""A conversation as Chat Completions wants it: the same bytes for the same beginning."""

from collections.abc import Iterator

from pydantic import JsonValue

from dispatch_ls.models.chat_stream import WIRE
from dispatch_ls.models.conversation import (
    AssistantMessage,
    Message,
    Request,
    TextPart,
    ThoughtPart,
    ToolCallPart,
    ToolResults,
    ToolSpec,
    UserMessage,
)
from dispatch_ls.models.safe import arguments_text, safe
from dispatch_ls.protocol.base import JsonObject
from dispatch_ls.protocol.sessions import Effort

_EFFORTS: dict[Effort, str] = {
    "none": "none",
    "minimal": "minimal",
    "low": "low",
    "medium": "medium",
    "high": "high",
    "max": "high",
}


def body_of(request: Request, name: str) -> JsonObject:
    """The body of `POST /chat/completions`."""
    body: JsonObject = {
        "model": name,
        "messages": [
            {"role": "system", "content": safe(request.system)},
            *(each for message in request.messages for each in _messages(message)),
        ],
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    if request.tools:
        body["tools"] = [_tool(tool) for tool in request.tools]
    if request.effort is not None:
        body["reasoning_effort"] = _EFFORTS[request.effort]
    if request.max_output is not None:
        body["max_completion_tokens"] = request.max_output
    return body


def _tool(tool: ToolSpec) -> JsonObject:
    return {
        "type": "function",
        "function": {"name": tool.name, "description": tool.description, "parameters": tool.parameters},
    }


def _messages(message: Message) -> Iterator[JsonObject]:
    match message:
        case UserMessage():
            yield {"role": "user", "content": _user(message)}
        case AssistantMessage():
            yield _assistant(message)
        case ToolResults():
            for result in message.results:
                yield {"role": "tool", "tool_call_id": result.call_id, "content": safe(result.output)}


def _user(message: UserMessage) -> JsonValue:
    if not message.images:
        return safe(message.text)
    images: list[JsonValue] = [
        {"type": "image_url", "image_url": {"url": f"data:{image.mime_type};base64,{image.data}"}}
        for image in message.images
    ]
    return [{"type": "text", "text": safe(message.text)}, *images]


def _assistant(message: AssistantMessage) -> JsonObject:
    texts = [part.text for part in message.parts if isinstance(part, TextPart)]
    calls = [_call(part) for part in message.parts if isinstance(part, ToolCallPart)]
    said: JsonObject = {"role": "assistant", "content": safe("".join(texts)) if texts else None}
    for part in message.parts:
        # kept by servers that think between calls; only to the field, and the wire, that it came from
        if isinstance(part, ThoughtPart) and part.replay and part.replay.get("wire") == WIRE:
            field = part.replay.get("field")
            if field in ("reasoning_content", "reasoning"):
                before = said.get(field)
                said[str(field)] = (before if isinstance(before, str) else "") + safe(part.text)
    if calls:
        said["tool_calls"] = list(calls)
    return said


def _call(part: ToolCallPart) -> JsonObject:
    return {
        "id": part.call_id,
        "type": "function",
        "function": {"name": part.name, "arguments": safe(arguments_text(part.arguments))},
    }
