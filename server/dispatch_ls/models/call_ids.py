"""Ids of tool calls as a wire accepts them: some servers use an id twice, and each has its own idea of what an id is.

A conversation may have been begun by another provider, so ids are made to fit when a request is built. The same
conversation gives the same ids, and a longer one the same for its beginning: the prefix stays byte-stable.
"""

import hashlib
import re
from dataclasses import dataclass, field


@dataclass(frozen=True)
class IdRule:
    """What a wire takes for an id."""

    allowed: re.Pattern[str]
    length: int
    """Of the ids that are made where the given one is not allowed, and the most an allowed one may have."""
    prefix: str = ""


ANTHROPIC = IdRule(re.compile(r"[A-Za-z0-9_-]+"), 64, "toolu_")
OPENAI = IdRule(re.compile(r"[^\s\x00-\x1f]+"), 64, "call_")
MISTRAL = IdRule(re.compile(r"[A-Za-z0-9]{9}"), 9)


@dataclass
class CallIds:
    """Walks one conversation from its beginning: `call` for each call, `result` for each result."""

    rule: IdRule
    _current: dict[str, str] = field(default_factory=dict)
    _taken: set[str] = field(default_factory=set)

    def call(self, call_id: str) -> str:
        """The id for a new call."""
        fitting = self._fitting(call_id, 0)
        repeats = 0
        while fitting in self._taken:
            repeats += 1
            fitting = self._fitting(call_id, repeats)
        self._taken.add(fitting)
        self._current[call_id] = fitting
        return fitting

    def result(self, call_id: str) -> str:
        """The id of the latest call that was known by `call_id`."""
        return self._current.get(call_id) or self._fitting(call_id, 0)

    def _fitting(self, call_id: str, repeat: int) -> str:
        if not repeat and len(call_id) <= self.rule.length and self.rule.allowed.fullmatch(call_id):
            return call_id
        made = hashlib.sha256(f"{call_id}\0{repeat}".encode("utf-8", "surrogatepass")).hexdigest()
        return (self.rule.prefix + made)[: self.rule.length]
