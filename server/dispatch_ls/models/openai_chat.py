"""The chat completions protocol of OpenAI and all who are compatible with it: requests.

The answers are read in `openai_chat_reader`; how servers differ is in `dialects`.
"""

from collections.abc import Iterable, Mapping

from pydantic import JsonValue

from dispatch_ls.models.call_ids import CallIds
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
from dispatch_ls.models.dialects import GENERIC, Dialect
from dispatch_ls.models.json_text import arguments_text
from dispatch_ls.models.openai_chat_reader import WIRE, ChatReader
from dispatch_ls.protocol.base import JsonObject

CACHE_KEY_LIMIT = 64
"""Characters of `prompt_cache_key`."""

_UNSIGNED: JsonObject = {"google": {"thought_signature": "skip_thought_signature_validator"}}
"""What Google documents for calls that another model made."""


class OpenAIChat:
    """The wire for one model by its name; `origin` is whose thoughts it takes again: the key's id."""

    path = "/chat/completions"

    def __init__(self, name: str, origin: str, dialect: Dialect = GENERIC) -> None:
        self._name = name
        self._origin = f"{origin}/{name}"
        self._dialect = dialect

    def headers(self, key: str | None) -> Mapping[str, str]:
        """See `Wire`."""
        return {"authorization": f"Bearer {key}"} if key else {}

    def body(self, request: Request) -> JsonObject:
        """See `Wire`."""
        body: JsonObject = {"model": self._name, "stream": True}
        if self._dialect.asks_for_usage:
            body["stream_options"] = {"include_usage": True}
        if request.tools:
            body["tools"] = [
                {
                    "type": "function",
                    "function": {"name": tool.name, "description": tool.description, "parameters": tool.parameters},
                }
                for tool in request.tools
            ]
        system: list[JsonObject] = [{"role": "system", "content": request.system}] if request.system.strip() else []
        body["messages"] = [*system, *self._messages(request.messages)]
        if request.max_output is not None:
            body[self._dialect.output_limit] = request.max_output
        if request.cache_key is not None and self._dialect.cache_key:
            body["prompt_cache_key"] = request.cache_key[:CACHE_KEY_LIMIT]
        return body | (self._dialect.effort(request.effort) if request.effort is not None else {})

    def reader(self) -> ChatReader:
        """See `Wire`."""
        return ChatReader(self._origin)

    def _messages(self, messages: Iterable[Message]) -> Iterable[JsonObject]:
        ids = CallIds(self._dialect.call_ids)
        after_results = False
        for message in messages:
            match message:
                case UserMessage():
                    if after_results and self._dialect.answers_results:
                        yield {"role": "assistant", "content": "OK."}
                    yield {"role": "user", "content": _said(message)}
                case AssistantMessage():
                    yield self._answer(message, ids)
                case ToolResults(results=results):
                    for result in results:
                        call_id = ids.result(result.call_id)
                        yield {"role": "tool", "tool_call_id": call_id, "content": result.output}
            after_results = isinstance(message, ToolResults)

    def _answer(self, message: AssistantMessage, ids: CallIds) -> JsonObject:
        text = "".join(part.text for part in message.parts if isinstance(part, TextPart))
        answer: JsonObject = {"role": "assistant", "content": text or None}
        signatures: JsonObject = {}
        for part in message.parts:
            if isinstance(part, ThoughtPart):
                self._add_thought(part, answer, signatures)
        calls = [part for part in message.parts if isinstance(part, ToolCallPart)]
        if calls:
            answer["tool_calls"] = [self._call(call, ids, signatures, index) for index, call in enumerate(calls)]
        return answer

    def _add_thought(self, part: ThoughtPart, answer: JsonObject, signatures: JsonObject) -> None:
        """By the fields it came in, for the model it came from; other servers may refuse them."""
        replay = part.replay or {}
        if replay.get("wire") != WIRE or replay.get("origin") != self._origin:
            return
        if isinstance(signed := replay.get("signatures"), dict):
            signatures.update(signed)
        if isinstance(field := replay.get("field"), str) and part.text:
            before = answer.get(field)
            answer[field] = (before if isinstance(before, str) else "") + part.text
        if isinstance(details := replay.get("details"), list):
            known = answer.get("reasoning_details")
            answer["reasoning_details"] = [*(known if isinstance(known, list) else ()), *details]

    def _call(self, call: ToolCallPart, ids: CallIds, signatures: JsonObject, index: int) -> JsonObject:
        function: JsonObject = {"name": call.name, "arguments": arguments_text(call.arguments)}
        told: JsonObject = {"id": ids.call(call.call_id), "type": "function", "function": function}
        if call.call_id in signatures:
            told["extra_content"] = signatures[call.call_id]
        elif self._dialect.signed_calls and index == 0 and not signatures:
            told["extra_content"] = _UNSIGNED
        return told


def _said(message: UserMessage) -> JsonValue:
    if not message.images:
        return message.text
    return [*(_image(image) for image in message.images), {"type": "text", "text": message.text}]


def _image(image: ImagePart) -> JsonObject:
    url = f"data:{image.mime_type};base64,{image.data}"
    if image.mime_type.startswith("image/"):
        return {"type": "image_url", "image_url": {"url": url}}
    return {"type": "file", "file": {"filename": "attachment.pdf", "file_data": url}}
