"""Event streams of the three wires, from one description of what the model says."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Call:
    """A tool call; `arguments` is the JSON text as the model writes it."""

    call_id: str
    name: str
    arguments: str = "{}"


@dataclass(frozen=True)
class Said:
    """An answer; `size` is how many characters a delta has. Tokens: `read` of the input came from a cache."""

    text: str = ""
    thought: str = ""
    signature: str = "c2lnbmF0dXJl"
    calls: Sequence[Call] = ()
    finish: str | None = None
    """The wire's own word; by default the one that fits."""
    tokens_in: int = 100
    tokens_out: int = 20
    read: int = 30
    size: int = 7


def event(data: object, name: str | None = None) -> bytes:
    """One server-sent event."""
    head = f"event: {name}\n" if name else ""
    text = data if isinstance(data, str) else json.dumps(data)
    return f"{head}data: {text}\n\n".encode()


DONE = event("[DONE]")


def messages_stream(said: Said) -> bytes:
    """Anthropic's Messages."""
    return b"".join(event(each, each["type"]) for each in _messages(said))


def responses_stream(said: Said) -> bytes:
    """OpenAI's Responses."""
    numbered = ({**each, "sequence_number": number} for number, each in enumerate(_responses(said)))
    return b"".join(event(each, each["type"]) for each in numbered)


def chat_stream(said: Said) -> bytes:
    """Chat completions, as OpenAI itself sends them."""
    return b"".join(event(each) for each in _chat(said)) + DONE


STREAMS = {"messages": messages_stream, "responses": responses_stream, "chat": chat_stream}


def _messages(said: Said) -> Iterator[dict[str, Any]]:
    usage = {"input_tokens": said.tokens_in - said.read, "cache_read_input_tokens": said.read}
    usage |= {"cache_creation_input_tokens": 0, "output_tokens": 1}
    message = {"id": "msg_1", "type": "message", "role": "assistant", "model": "m", "content": [], "usage": usage}
    yield {"type": "message_start", "message": {**message, "stop_reason": None, "stop_sequence": None}}
    yield {"type": "ping"}
    for index, (block, deltas) in enumerate(_blocks(said)):
        yield {"type": "content_block_start", "index": index, "content_block": block}
        yield from ({"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas)
        yield {"type": "content_block_stop", "index": index}
    reason = said.finish or ("tool_use" if said.calls else "end_turn")
    delta = {"stop_reason": reason, "stop_sequence": None}
    yield {"type": "message_delta", "delta": delta, "usage": {"output_tokens": said.tokens_out}}
    yield {"type": "message_stop"}


def _blocks(said: Said) -> Iterator[tuple[dict[str, Any], list[dict[str, Any]]]]:
    if said.thought:
        deltas: list[dict[str, Any]] = [
            {"type": "thinking_delta", "thinking": piece} for piece in pieces(said.thought, said.size)
        ]
        deltas.append({"type": "signature_delta", "signature": said.signature})
        yield {"type": "thinking", "thinking": "", "signature": ""}, deltas
    if said.text:
        yield (
            {"type": "text", "text": ""},
            [{"type": "text_delta", "text": piece} for piece in pieces(said.text, said.size)],
        )
    for call in said.calls:
        parts = [{"type": "input_json_delta", "partial_json": piece} for piece in pieces(call.arguments, said.size)]
        yield {"type": "tool_use", "id": call.call_id, "name": call.name, "input": {}}, parts


def _responses(said: Said) -> Iterator[dict[str, Any]]:
    response: dict[str, Any] = {"id": "resp_1", "object": "response", "created_at": 1, "model": "m", "output": []}
    response |= {"parallel_tool_calls": True, "tool_choice": "auto", "tools": [], "status": "in_progress"}
    yield {"type": "response.created", "response": response}
    output: list[dict[str, Any]] = []
    for item, empty, deltas in _items(said):
        place = {"output_index": len(output), "item_id": item["id"]}
        yield {"type": "response.output_item.added", "output_index": len(output), "item": empty}
        yield from ({**place, **delta} for delta in deltas)
        yield {"type": "response.output_item.done", "output_index": len(output), "item": item}
        output.append(item)
    usage = {"input_tokens": said.tokens_in, "output_tokens": said.tokens_out}
    usage["total_tokens"] = said.tokens_in + said.tokens_out
    details = {
        "input_tokens_details": {"cached_tokens": said.read, "cache_write_tokens": 0},
        "output_tokens_details": {"reasoning_tokens": 0},
    }
    over = {**response, "status": "completed", "output": output, "usage": {**usage, **details}}
    if said.finish:
        over |= {"status": "incomplete", "incomplete_details": {"reason": said.finish}}
    yield {"type": f"response.{over['status']}", "response": over}


def _items(said: Said) -> Iterator[tuple[dict[str, Any], dict[str, Any], list[dict[str, Any]]]]:
    if said.thought:
        item: dict[str, Any] = {"id": "rs_1", "type": "reasoning", "encrypted_content": said.signature}
        kind = "response.reasoning_summary_text.delta"
        deltas = [{"type": kind, "summary_index": 0, "delta": piece} for piece in pieces(said.thought, said.size)]
        yield (
            {**item, "summary": [{"type": "summary_text", "text": said.thought}]},
            {**item, "summary": []},
            [
                {
                    "type": "response.reasoning_summary_part.added",
                    "summary_index": 0,
                    "part": {"type": "summary_text", "text": ""},
                },
                *deltas,
            ],
        )
    if said.text:
        item = {"id": "msg_1", "type": "message", "role": "assistant", "status": "completed"}
        whole = {"type": "output_text", "text": said.text, "annotations": []}
        yield (
            {**item, "content": [whole]},
            {**item, "content": []},
            [
                {"type": "response.content_part.added", "content_index": 0, "part": {**whole, "text": ""}},
                *(
                    {"type": "response.output_text.delta", "content_index": 0, "delta": piece, "logprobs": []}
                    for piece in pieces(said.text, said.size)
                ),
            ],
        )
    for call in said.calls:
        item = {"id": f"fc_{call.call_id}", "type": "function_call", "call_id": call.call_id, "name": call.name}
        kind = "response.function_call_arguments.delta"
        yield (
            {**item, "arguments": call.arguments, "status": "completed"},
            {**item, "arguments": "", "status": "in_progress"},
            [{"type": kind, "delta": piece} for piece in pieces(call.arguments, said.size)],
        )


def _chat(said: Said) -> Iterator[dict[str, Any]]:
    def chunk(delta: dict[str, Any], finish: str | None = None) -> dict[str, Any]:
        return {**_chunk(), "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}

    yield chunk({"role": "assistant", "content": ""})
    yield from (chunk({"reasoning_content": piece}) for piece in pieces(said.thought, said.size))
    yield from (chunk({"content": piece}) for piece in pieces(said.text, said.size))
    for index, call in enumerate(said.calls):
        start = {"index": index, "id": call.call_id, "type": "function"}
        yield chunk({"tool_calls": [{**start, "function": {"name": call.name, "arguments": ""}}]})
        for piece in pieces(call.arguments, said.size):
            yield chunk({"tool_calls": [{"index": index, "function": {"arguments": piece}}]})
    yield chunk({}, said.finish or ("tool_calls" if said.calls else "stop"))
    usage = {"prompt_tokens": said.tokens_in, "completion_tokens": said.tokens_out}
    usage["total_tokens"] = said.tokens_in + said.tokens_out
    yield {**_chunk(), "choices": [], "usage": {**usage, "prompt_tokens_details": {"cached_tokens": said.read}}}


def _chunk() -> dict[str, Any]:
    return {"id": "chatcmpl_1", "object": "chat.completion.chunk", "created": 1, "model": "m"}


def pieces(text: str, size: int) -> list[str]:
    """The text in deltas."""
    return [text[start : start + size] for start in range(0, len(text), size)]
