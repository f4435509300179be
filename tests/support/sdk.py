"""The providers' own libraries, as the oracle of what a stream says."""

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import anthropic
import openai

from dispatch_ls.models.conversation import AssistantPart, ThoughtPart
from support.models import KEY


@dataclass
class Understood:
    """What a library makes of an answer; `error` is the class of what it raised."""

    text: str = ""
    thought: str = ""
    replay: list[Any] = field(default_factory=list)
    """Signatures, redacted thoughts and reasoning items, as they must be sent again."""
    calls: list[tuple[str, str, str]] = field(default_factory=list)
    tokens: tuple[int, int, int] = (0, 0, 0)
    """Input with what was cached, output, read from the cache."""
    stopped: str | None = None
    error: type[Exception] | None = None


@asynccontextmanager
async def openai_client(url: str) -> AsyncIterator[openai.AsyncOpenAI]:
    """OpenAI's library, without attempts of its own."""
    async with openai.AsyncOpenAI(api_key=KEY, base_url=f"{url}/v1", max_retries=0) as client:
        yield client


@asynccontextmanager
async def anthropic_client(url: str) -> AsyncIterator[anthropic.AsyncAnthropic]:
    """Anthropic's library, without attempts of its own."""
    async with anthropic.AsyncAnthropic(api_key=KEY, base_url=url, max_retries=0) as client:
        yield client


async def understood(wire: str, url: str) -> Understood:
    """Ask with the library of this wire."""
    found = Understood()
    try:
        await _ASK[wire](url, found)
    except Exception as error:  # whatever the library raises is what is compared
        found.error = type(error)
    return found


async def _ask_messages(url: str, found: Understood) -> None:
    async with anthropic_client(url) as client:
        stream = await client.messages.create(
            model="m", max_tokens=100, messages=[{"role": "user", "content": "hello"}], stream=True
        )
        read_in = written = 0
        calls: dict[int, list[str]] = {}
        async for event in stream:
            match event.type:
                case "message_start":
                    usage = event.message.usage
                    read_in, written = usage.cache_read_input_tokens or 0, usage.cache_creation_input_tokens or 0
                    found.tokens = (usage.input_tokens + read_in + written, usage.output_tokens, read_in)
                case "content_block_start":
                    block = event.content_block
                    if block.type == "tool_use":
                        calls[event.index] = [block.id, block.name, ""]
                    elif block.type == "redacted_thinking":
                        found.replay.append(block.data)
                case "content_block_delta":
                    delta = event.delta
                    match delta.type:
                        case "text_delta":
                            found.text += delta.text
                        case "thinking_delta":
                            found.thought += delta.thinking
                        case "signature_delta":
                            found.replay.append(delta.signature)
                        case "input_json_delta" if event.index in calls:
                            calls[event.index][2] += delta.partial_json
                case "message_delta":
                    found.stopped = event.delta.stop_reason
                    tokens = found.tokens[0]
                    if event.usage.input_tokens is not None:
                        read_in = event.usage.cache_read_input_tokens or read_in
                        written = event.usage.cache_creation_input_tokens or written
                        tokens = event.usage.input_tokens + read_in + written
                    found.tokens = (tokens, event.usage.output_tokens, read_in)
        found.calls = [(one, two, three or "{}") for one, two, three in calls.values()]


async def _ask_responses(url: str, found: Understood) -> None:
    async with openai_client(url) as client:
        stream = await client.responses.create(model="m", input="hello", stream=True)
        async for event in stream:
            match event.type:
                case "response.output_text.delta" | "response.refusal.delta":
                    found.text += event.delta
                case "response.reasoning_summary_text.delta" | "response.reasoning_text.delta":
                    found.thought += event.delta
                case "response.reasoning_summary_part.added" if event.summary_index:
                    found.thought += "\n\n"
                case "response.output_item.done":
                    item = event.item
                    if item.type == "function_call":
                        found.calls.append((item.call_id, item.name, item.arguments or "{}"))
                    elif item.type == "reasoning" and (item.encrypted_content or item.content):
                        found.replay.append(item.to_dict(mode="json", exclude_none=True))
                case "response.completed" | "response.incomplete" | "response.failed":
                    found.stopped = event.response.status
                    if usage := event.response.usage:
                        found.tokens = (
                            usage.input_tokens,
                            usage.output_tokens,
                            usage.input_tokens_details.cached_tokens,
                        )


async def _ask_chat(url: str, found: Understood) -> None:
    async with openai_client(url) as client:
        stream = await client.chat.completions.create(
            model="m", messages=[{"role": "user", "content": "hello"}], stream=True
        )
        calls: dict[int, list[str]] = {}
        async for chunk in stream:
            groq = (chunk.model_extra or {}).get("x_groq") or {}
            if usage := groq.get("usage"):
                found.tokens = (usage["prompt_tokens"], usage["completion_tokens"], 0)
            if chunk.usage:
                details = chunk.usage.prompt_tokens_details
                cached = details.cached_tokens if details else None
                found.tokens = (chunk.usage.prompt_tokens, chunk.usage.completion_tokens, cached or 0)
            for choice in chunk.choices:
                found.stopped = choice.finish_reason or found.stopped
                delta = choice.delta
                _said(delta.content, delta.model_extra, found)
                for call in delta.tool_calls or []:
                    known = calls.setdefault(call.index, ["", "", ""])
                    known[0] = known[0] or call.id or ""
                    if call.function:
                        known[1] += call.function.name or ""
                        known[2] += call.function.arguments or ""
        found.calls = [(one, two, three or "{}") for one, two, three in calls.values()]


async def understood_whole(wire: str, url: str) -> Understood:
    """Ask with the library of this wire for an answer that is not streamed."""
    found = Understood()
    try:
        await _ASK_WHOLE[wire](url, found)
    except Exception as error:  # whatever the library raises is what is compared
        found.error = type(error)
    return found


async def _whole_message(url: str, found: Understood) -> None:
    async with anthropic_client(url) as client:
        answer = await client.messages.create(model="m", max_tokens=1, messages=[{"role": "user", "content": "hello"}])
    for block in answer.content:
        match block.type:
            case "text":
                found.text += block.text
            case "thinking":
                found.thought += block.thinking
                found.replay.append(block.signature)
            case "redacted_thinking":
                found.replay.append(block.data)
            case "tool_use":
                found.calls.append((block.id, block.name, json.dumps(block.input, ensure_ascii=False)))
    usage = answer.usage
    read, written = usage.cache_read_input_tokens or 0, usage.cache_creation_input_tokens or 0
    found.tokens = (usage.input_tokens + read + written, usage.output_tokens, read)
    found.stopped = answer.stop_reason


async def _whole_response(url: str, found: Understood) -> None:
    async with openai_client(url) as client:
        answer = await client.responses.create(model="m", input="hello")
    for item in answer.output:
        match item.type:
            case "message":
                found.text += "".join(
                    part.text if part.type == "output_text" else part.refusal for part in item.content
                )
            case "reasoning":
                summary = "\n\n".join(part.text for part in item.summary)
                found.thought += summary or "".join(part.text for part in item.content or [])
                if item.encrypted_content or item.content:
                    found.replay.append(item.to_dict(mode="json", exclude_none=True))
            case "function_call":
                found.calls.append((item.call_id, item.name, item.arguments or "{}"))
    if usage := answer.usage:
        found.tokens = (usage.input_tokens, usage.output_tokens, usage.input_tokens_details.cached_tokens)
    found.stopped = answer.status


async def _whole_completion(url: str, found: Understood) -> None:
    async with openai_client(url) as client:
        answer = await client.chat.completions.create(model="m", messages=[{"role": "user", "content": "hello"}])
    choice = answer.choices[0]
    _said(choice.message.content, choice.message.model_extra, found)
    for call in choice.message.tool_calls or []:
        # Mistral leaves the type out
        if call.type != "custom":
            found.calls.append((call.id, call.function.name, call.function.arguments or "{}"))
    if usage := answer.usage:
        details = usage.prompt_tokens_details
        found.tokens = (usage.prompt_tokens, usage.completion_tokens, (details and details.cached_tokens) or 0)
    found.stopped = choice.finish_reason


def _said(content: Any, extra: dict[str, Any] | None, found: Understood) -> None:
    """A text, or the parts that Mistral makes of it."""
    if isinstance(content, list):
        found.text += "".join(part.get("text") or "" for part in content)
        thoughts = [each for part in content for each in part.get("thinking") or ()]
        found.thought += "".join(thought["text"] for thought in thoughts)
    else:
        found.text += content or ""
    found.thought += (extra or {}).get("reasoning_content") or (extra or {}).get("reasoning") or ""


def replayed(parts: Sequence[AssistantPart]) -> list[Any]:
    """What of our parts must be sent again, as the libraries have it."""
    kept = [part.replay for part in parts if isinstance(part, ThoughtPart) and part.replay]
    return [
        one.get("signature") or one.get("redacted") or one.get("item") for one in kept if one["wire"] != "openai-chat"
    ]


_ASK_WHOLE = {"messages": _whole_message, "responses": _whole_response, "chat": _whole_completion}
_ASK = {"messages": _ask_messages, "responses": _ask_responses, "chat": _ask_chat}
