"""A conversation as OpenAI's Responses wants it, nothing kept on its side: equal beginnings give equal bytes."""

from collections.abc import Iterator

from pydantic import JsonValue

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
    """The body of `POST /responses`."""
    body: JsonObject = {
        "model": name,
        "instructions": safe(request.system),
        "input": [each for message in request.messages for each in _items(message)],
        "stream": True,
        "store": False,
        "include": ["reasoning.encrypted_content"],
    }
    if request.tools:
        body["tools"] = [_tool(tool) for tool in request.tools]
    if request.effort is not None:
        body["reasoning"] = {"effort": _EFFORTS[request.effort], "summary": "auto"}
    if request.max_output is not None:
        body["max_output_tokens"] = request.max_output
    if request.cache_key is not None:
        body["prompt_cache_key"] = request.cache_key
    return body


def _tool(tool: ToolSpec) -> JsonObject:
    # not strict: a strict schema may have no optional parameters
    return {
        "type": "function",
        "name": tool.name,
        "description": tool.description,
        "parameters": tool.parameters,
        "strict": False,
    }


def _items(message: Message) -> Iterator[JsonObject]:
    match message:
        case UserMessage():
            yield {"role": "user", "content": _user(message)}
        case AssistantMessage():
            yield from _assistant(message)
        case ToolResults():
            for result in message.results:
                yield {"type": "function_call_output", "call_id": result.call_id, "output": safe(result.output)}


def _user(message: UserMessage) -> JsonValue:
    if not message.images:
        return safe(message.text)
    images: list[JsonValue] = [
        {"type": "input_image", "image_url": f"data:{image.mime_type};base64,{image.data}"} for image in message.images
    ]
    return [{"type": "input_text", "text": safe(message.text)}, *images]


def _assistant(message: AssistantMessage) -> Iterator[JsonObject]:
    for part in message.parts:
        match part:
            case ThoughtPart(replay={"wire": "responses", "item": dict(item)}):
                yield item
            case TextPart():
                yield {"role": "assistant", "content": safe(part.text)}
            case ToolCallPart():
                yield {
                    "type": "function_call",
                    "call_id": part.call_id,
                    "name": part.name,
                    "arguments": safe(arguments_text(part.arguments)),
                }
