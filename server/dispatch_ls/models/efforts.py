"""How hard a model is asked to think: our six words on the scale of each provider."""

from collections.abc import Sequence

from dispatch_ls.protocol.sessions import Effort

SCALE = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
"""All words that providers have, from little to much."""


def nearest(effort: Effort, ladder: Sequence[str]) -> str:
    """The word of this provider's `ladder` that comes closest; the harder one of two that are as close."""
    wanted = SCALE.index(effort)
    return min(ladder, key=lambda word: (abs(SCALE.index(word) - wanted), -SCALE.index(word)))
