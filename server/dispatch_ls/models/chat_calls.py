"""Tool calls of the chat completions protocol, put together from deltas that servers number as they please."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field

from pydantic import BaseModel, JsonValue

from dispatch_ls.models.parts import Part, ToolCallDelta, ToolCallStarted
from dispatch_ls.protocol.base import JsonObject


class _Function(BaseModel):
    name: str | None = None
    arguments: JsonValue = None


class CallDelta(BaseModel):
    """A piece of a call."""

    index: int | None = None
    id: str | None = None
    function: _Function | None = None
    extra_content: JsonObject | None = None


@dataclass
class _Call:
    number: int
    index: int | None
    given_id: str
    call_id: str = ""
    name: str = ""
    waiting: list[str] = field(default_factory=list)
    """Arguments that came before the name."""
    started: bool = False
    argued: bool = False
    signature: JsonObject | None = None


class ChatCalls:
    """The calls of one answer. Index or id may be missing, or an index be the same for all."""

    def __init__(self) -> None:
        self._calls: list[_Call] = []
        self._ids: set[str] = set()

    @property
    def any(self) -> bool:
        """Whether there is a call."""
        return bool(self._calls)

    def take(self, delta: CallDelta) -> Iterator[Part]:
        """The parts that a delta completes."""
        function = delta.function or _Function()
        call = self._find(delta.index, delta.id or "", function.name or "")
        call.signature = delta.extra_content or call.signature
        call.name = call.name or function.name or ""
        if call.name and not call.started:
            yield self._start(call)
        text = _text(function.arguments)
        if text:
            yield from self._argue(call, text)

    def rest(self) -> Iterator[Part]:
        """At the end of the answer: calls without arguments get the empty ones."""
        for call in self._calls:
            if not call.started:
                yield self._start(call)
            if not call.argued:
                yield from self._argue(call, "{}" if not call.waiting else "")

    def signatures(self) -> JsonObject:
        """By call id, what must be sent again with a call."""
        return {call.call_id: call.signature for call in self._calls if call.signature}

    def _find(self, index: int | None, given_id: str, name: str) -> _Call:
        """The call a delta belongs to, a new one where there is none."""
        known = self._known(index, given_id)
        # another id at the same index is another call, if it has a name: some servers number all of them 0
        if known is not None and not (given_id and name and known.given_id and given_id != known.given_id):
            known.given_id = known.given_id or given_id
            return known
        call = _Call(len(self._calls), index, given_id)
        self._calls.append(call)
        return call

    def _known(self, index: int | None, given_id: str) -> _Call | None:
        if index is not None:
            return next((call for call in reversed(self._calls) if call.index == index), None)
        if given_id:
            return next((call for call in reversed(self._calls) if call.given_id == given_id), None)
        return self._calls[-1] if self._calls else None

    def _start(self, call: _Call) -> ToolCallStarted:
        call.started = True
        call.call_id = call.given_id
        if not call.call_id or call.call_id in self._ids:
            call.call_id = f"{call.given_id or 'call'}_{call.number}"
        self._ids.add(call.call_id)
        return ToolCallStarted(call.number, call.call_id, call.name)

    def _argue(self, call: _Call, text: str) -> Iterator[Part]:
        if not call.started:
            call.waiting.append(text)
            return
        call.argued = True
        yield ToolCallDelta(call.number, "".join((*call.waiting, text)))
        call.waiting.clear()


def _text(arguments: JsonValue) -> str:
    """The arguments as text; a few servers send the object itself."""
    if arguments is None or isinstance(arguments, str):
        return arguments or ""
    return json.dumps(arguments, ensure_ascii=False)
