"""The providers' own libraries, as the oracle of what a stream says."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import anthropic
import openai

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
            if usage := chunk.usage:
                details = usage.prompt_tokens_details
                cached = details.cached_tokens if details else None
                found.tokens = (usage.prompt_tokens, usage.completion_tokens, cached or 0)
            for choice in chunk.choices:
                found.stopped = choice.finish_reason or found.stopped
                delta = choice.delta
                found.text += delta.content or ""
                extra = delta.model_extra or {}
                found.thought += extra.get("reasoning_content") or extra.get("reasoning") or ""
                for call in delta.tool_calls or []:
                    known = calls.setdefault(call.index, ["", "", ""])
                    known[0] = known[0] or call.id or ""
                    if call.function:
                        known[1] += call.function.name or ""
                        known[2] += call.function.arguments or ""
        found.calls = [(one, two, three or "{}") for one, two, three in calls.values()]


_ASK = {"messages": _ask_messages, "responses": _ask_responses, "chat": _ask_chat}
