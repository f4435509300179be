"""What servers that speak the chat completions protocol make of it, by their host. A reviewed table.

Unknown fields are refused by some and ignored by others, so what is sent is what is known to be taken.
"""

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from dispatch_ls.models.call_ids import MISTRAL, OPENAI, IdRule
from dispatch_ls.models.efforts import nearest
from dispatch_ls.protocol.base import JsonObject
from dispatch_ls.protocol.sessions import Effort


def _reasoning_effort(*ladder: str) -> Callable[[Effort], JsonObject]:
    return lambda effort: {"reasoning_effort": nearest(effort, ladder)}


_LOW_TO_HIGH = _reasoning_effort("low", "medium", "high")
_FROM_MINIMAL = _reasoning_effort("minimal", "low", "medium", "high")


def _openrouter(effort: Effort) -> JsonObject:
    if effort == "none":
        return {"reasoning": {"enabled": False}}
    return {"reasoning": {"effort": nearest(effort, ("minimal", "low", "medium", "high", "xhigh"))}}


def _switch(effort: Effort) -> JsonObject:
    return {"thinking": {"type": "disabled" if effort == "none" else "enabled"}}


@dataclass(frozen=True)
class Dialect:
    """How one server differs from the rest."""

    effort: Callable[[Effort], JsonObject] = _LOW_TO_HIGH
    """The fields that say how hard to think."""
    output_limit: str = "max_tokens"
    """The field that limits the output."""
    asks_for_usage: bool = True
    """Whether usage comes only where `stream_options` asks for it; Mistral refuses the field."""
    cache_key: bool = False
    """Whether `prompt_cache_key` is taken."""
    call_ids: IdRule = OPENAI
    answers_results: bool = False
    """Whether a user's message may follow tool results only after a word of the assistant."""
    signed_calls: bool = False
    """Whether tool calls carry a signature of the thoughts behind them, without which they are refused."""


GENERIC = Dialect()

_BY_HOST = {
    "api.openai.com": Dialect(
        effort=_FROM_MINIMAL,
        output_limit="max_completion_tokens",
        cache_key=True,
    ),
    "openrouter.ai": Dialect(effort=_openrouter),
    "generativelanguage.googleapis.com": Dialect(effort=_FROM_MINIMAL, signed_calls=True),
    "api.groq.com": Dialect(output_limit="max_completion_tokens"),
    "api.mistral.ai": Dialect(
        effort=lambda effort: {"reasoning_effort": "none" if effort in ("none", "minimal") else "high"},
        asks_for_usage=False,
        call_ids=MISTRAL,
        answers_results=True,
    ),
    "api.deepseek.com": Dialect(effort=_switch),
    "api.z.ai": Dialect(effort=_switch),
    "api.moonshot.ai": Dialect(effort=_switch),
}


def dialect_of(base_url: str) -> Dialect:
    """How the server at this address speaks."""
    host = urlsplit(base_url).hostname or ""
    return next(
        (dialect for known, dialect in _BY_HOST.items() if host == known or host.endswith("." + known)), GENERIC
    )
