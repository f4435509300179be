"""Characters that a server cut in two: half in one delta, half in the next (facts: bursts; PV-04, PV-13).

Servers that slice text by UTF-16 units send an emoji as two lone surrogates. Joined here, for all wires, so that nobody
above meets half a character.
"""

from collections.abc import Iterator
from dataclasses import replace

from dispatch_ls.models.json_text import SURROGATE, sound
from dispatch_ls.models.parts import Part, TextDelta, ThoughtDelta, ToolCallDelta

Delta = TextDelta | ThoughtDelta | ToolCallDelta


class Seams:
    """Pass every part through `join`, and call `rest` at the end."""

    def __init__(self) -> None:
        self._held: Delta | None = None

    def passes(self, part: Part) -> bool:
        """Whether the part can go on as it is, which is what nearly all do."""
        return self._held is None and isinstance(part, Delta) and part.text.isascii()

    def join(self, part: Part) -> Iterator[Part]:
        """The part without half characters; a first half waits for the next delta of the same text."""
        if not isinstance(part, Delta):
            yield from self.rest()
            yield part
            return
        held = self._held
        if held is None and (part.text.isascii() or SURROGATE.search(part.text) is None):
            yield part
            return
        if held is not None and _same_text(held, part):
            part = replace(part, text=held.text + part.text)
            self._held = None
        else:
            yield from self.rest()
        if "\ud800" <= part.text[-1:] <= "\udbff":
            self._held = replace(part, text=part.text[-1])
            part = replace(part, text=part.text[:-1])
        if part.text:
            yield replace(part, text=sound(part.text))

    def rest(self) -> Iterator[Part]:
        """A half whose other half never came."""
        held, self._held = self._held, None
        if held is not None:
            yield replace(held, text=sound(held.text))


def _same_text(one: Delta, other: Delta) -> bool:
    if isinstance(one, ToolCallDelta) and isinstance(other, ToolCallDelta):
        return one.index == other.index
    return type(one) is type(other)
