"""The conversation that a model is sent: a view of the log, the same bytes for the same events."""

from collections.abc import Iterator
from itertools import groupby

from dispatch_ls.agents.log_view import Entry, LogView
from dispatch_ls.models.conversation import (
    AssistantMessage,
    AssistantPart,
    Message,
    TextPart,
    ThoughtPart,
    ToolCallPart,
    ToolResult,
    ToolResults,
    UserMessage,
)
from dispatch_ls.protocol.base import JsonObject
from dispatch_ls.protocol.items import CallStatus


def messages_of(view: LogView) -> tuple[Message, ...]:
    """All that was said: one assistant message and its results per step."""
    spoken = [entry for entry in view.entries() if entry.kind in ("message", "thought", "tool_call")]
    return tuple(
        message
        for (user, _, _), entries in groupby(spoken, key=_group)
        for message in (_user_messages(entries) if user else _step(entries))
    )


def _group(entry: Entry) -> tuple[bool, str | None, int]:
    return entry.data.get("role") == "user", entry.turn_id, entry.step


def _user_messages(entries: Iterator[Entry]) -> Iterator[Message]:
    for entry in entries:
        yield UserMessage(text=_text(entry.data, "text"))


def _step(entries: Iterator[Entry]) -> Iterator[Message]:
    said = list(entries)
    calls = [entry for entry in said if entry.kind == "tool_call" and _replay(entry) is not None]
    parts = tuple(part for entry in said if (part := _part(entry)) is not None)
    # thoughts alone are no answer: a step that was cut off while thinking leaves nothing to build on
    if any(not isinstance(part, ThoughtPart) for part in parts):
        yield AssistantMessage(parts=parts)
    if calls:
        yield ToolResults(results=tuple(_result(entry) for entry in calls))


def _part(entry: Entry) -> AssistantPart | None:
    replay, text = _replay(entry), _text(entry.data, "text")
    match entry.kind:
        case "message" if text:
            return TextPart(text=text, replay=replay)
        case "thought":
            return ThoughtPart(text=text, replay=replay)
        case "tool_call" if replay is not None:
            return ToolCallPart(
                call_id=_text(replay, "callId"), name=_text(entry.data, "tool"), arguments=_text(replay, "arguments")
            )
    return None


def _result(entry: Entry) -> ToolResult:
    replay = _replay(entry) or {}
    output = replay.get("output", entry.data.get("output"))
    return ToolResult(
        call_id=_text(replay, "callId"),
        name=_text(entry.data, "tool"),
        output=output if isinstance(output, str) else "",
        is_error=entry.data.get("status") != CallStatus.COMPLETED,
    )


def _replay(entry: Entry) -> JsonObject | None:
    replay = entry.data.get("replay")
    return replay if isinstance(replay, dict) else None


def _text(data: JsonObject, name: str) -> str:
    value = data.get(name)
    return value if isinstance(value, str) else ""
