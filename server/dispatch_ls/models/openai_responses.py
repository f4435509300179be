"""OpenAI's Responses API: requests. The answers are read in `openai_responses_reader`.

Nothing is stored at the provider (`store: false`): thoughts come encrypted and are sent again as they were.
"""

import re
from collections.abc import Iterable, Mapping

from dispatch_ls.models.call_ids import OPENAI, CallIds
from dispatch_ls.models.conversation import (
    AssistantMessage,
    ImagePart,
    Message,
    Request,
    TextPart,
    ThoughtPart,
    ToolCallPart,
    ToolResults,
    UserMessage,
)
from dispatch_ls.models.efforts import nearest
from dispatch_ls.models.json_text import arguments_text
from dispatch_ls.models.openai_responses_reader import WIRE, ResponsesReader
from dispatch_ls.protocol.base import JsonObject

BASE_URL = "https://api.openai.com/v1"
CACHE_KEY_LIMIT = 64
"""Characters of `prompt_cache_key`."""

_UNTHINKING = re.compile(r"(?:gpt-3|gpt-4|chatgpt|gpt-5[.\d]*-chat|ft:gpt-[34])")
_LADDERS = (
    (re.compile(r"o\d"), ("low", "medium", "high")),
    (re.compile(r"gpt-5(?![.\d])"), ("minimal", "low", "medium", "high")),
    (re.compile(r"gpt-5\.1"), ("none", "low", "medium", "high")),
    (re.compile(r"gpt-5\.[2-5]"), ("none", "low", "medium", "high", "xhigh")),
)
_LADDER = ("none", "low", "medium", "high", "xhigh", "max")
"""Of models newer than those named above."""


class OpenAIResponses:
    """The wire for one model by its name; `origin` is whose thoughts it can read again: the key's id."""

    path = "/responses"

    def __init__(self, name: str, origin: str) -> None:
        self._name = name
        self._origin = origin

    def headers(self, key: str | None) -> Mapping[str, str]:
        """See `Wire`."""
        return {"authorization": f"Bearer {key}"} if key else {}

    def body(self, request: Request) -> JsonObject:
        """See `Wire`."""
        body: JsonObject = {"model": self._name, "stream": True, "store": False}
        if request.system.strip():
            body["instructions"] = request.system
        if request.tools:
            body["tools"] = [
                {
                    "type": "function",
                    "name": tool.name,
                    "description": tool.description,
                    "parameters": tool.parameters,
                    "strict": False,
                }
                for tool in request.tools
            ]
        body["input"] = [*self._items(request.messages)]
        if request.max_output is not None:
            body["max_output_tokens"] = request.max_output
        if request.cache_key is not None:
            body["prompt_cache_key"] = request.cache_key[:CACHE_KEY_LIMIT]
        return body | self._reasoning(request)

    def reader(self) -> ResponsesReader:
        """See `Wire`."""
        return ResponsesReader(self._origin)

    def _reasoning(self, request: Request) -> JsonObject:
        name = self._name.rpartition("/")[2].removeprefix("openai.")
        if _UNTHINKING.match(name):
            return {}
        reasoning: JsonObject = {"summary": "auto"}
        if request.effort is not None:
            ladder = next((words for pattern, words in _LADDERS if pattern.match(name)), _LADDER)
            reasoning["effort"] = nearest(request.effort, ladder)
        return {"reasoning": reasoning, "include": ["reasoning.encrypted_content"]}

    def _items(self, messages: Iterable[Message]) -> Iterable[JsonObject]:
        ids = CallIds(OPENAI)
        for message in messages:
            match message:
                case UserMessage(text=text, images=images):
                    content: list[JsonObject] = [_image(image) for image in images]
                    yield {"role": "user", "content": [*content, {"type": "input_text", "text": text}]}
                case AssistantMessage(parts=parts):
                    yield from (item for part in parts for item in self._item(part, ids))
                case ToolResults(results=results):
                    for result in results:
                        call_id = ids.result(result.call_id)
                        yield {"type": "function_call_output", "call_id": call_id, "output": result.output}

    def _item(self, part: TextPart | ThoughtPart | ToolCallPart, ids: CallIds) -> Iterable[JsonObject]:
        replay = part.replay or {}
        ours = replay.get("wire") == WIRE and replay.get("origin") == self._origin
        match part:
            case TextPart(text=text) if text:
                phase: JsonObject = {"phase": replay["phase"]} if ours and "phase" in replay else {}
                yield {"role": "assistant", "content": text, **phase}
            case ThoughtPart():
                # without its encrypted form it means nothing to the model, and one of another key is refused
                if ours and isinstance(item := replay.get("item"), dict):
                    yield item
            case ToolCallPart(call_id=call_id, name=name, arguments=arguments):
                call = {"type": "function_call", "call_id": ids.call(call_id), "name": name}
                yield {**call, "arguments": arguments_text(arguments)}


def _image(image: ImagePart) -> JsonObject:
    url = f"data:{image.mime_type};base64,{image.data}"
    if image.mime_type.startswith("image/"):
        return {"type": "input_image", "image_url": url, "detail": "auto"}
    return {"type": "input_file", "filename": "attachment.pdf", "file_data": url}
