"""What a model's stream is made of, whoever provides it."""

from dataclasses import dataclass
from typing import Literal

from dispatch_ls.protocol.base import JsonObject
from dispatch_ls.protocol.usage import Usage

FinishReason = Literal["stop", "tool_calls", "length", "refusal"]
"""Why the model stopped; a stream that ends without a reason is a `ProviderError` instead."""


@dataclass(frozen=True, slots=True)
class TextDelta:
    """The next piece of what the model says."""

    text: str


@dataclass(frozen=True, slots=True)
class ThoughtDelta:
    """The next piece of what the model thinks aloud."""

    text: str


@dataclass(frozen=True, slots=True)
class ToolCallStarted:
    """A tool call begins; `index` tells the calls of one answer apart, in the order in which they began."""

    index: int
    call_id: str
    name: str


@dataclass(frozen=True, slots=True)
class ToolCallDelta:
    """The next piece of a call's arguments, which are JSON once whole."""

    index: int
    text: str


@dataclass(frozen=True, slots=True)
class PartReplay:
    """The text or thought that has just streamed is whole; `data` must be sent again with it, byte for byte.

    A thought that has no readable text (redacted, encrypted) is a replay without deltas before it.
    """

    of: Literal["message", "thought"]
    data: JsonObject


@dataclass(frozen=True, slots=True)
class UsageReport:
    """What the request has used so far; the last one counts."""

    usage: Usage


@dataclass(frozen=True, slots=True)
class Finished:
    """The model has stopped; nothing follows but perhaps usage."""

    reason: FinishReason


Part = TextDelta | ThoughtDelta | ToolCallStarted | ToolCallDelta | PartReplay | UsageReport | Finished
