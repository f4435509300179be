"""One request to a model: its stream becomes items, told as they grow (LOOP-2)."""

from dataclasses import dataclass

from dispatch_ls.agents import drafts
from dispatch_ls.agents.journal import Field
from dispatch_ls.agents.live import Live
from dispatch_ls.agents.streaming import Streamed
from dispatch_ls.models.conversation import Request
from dispatch_ls.models.model import Model
from dispatch_ls.models.parts import (
    Finished,
    FinishReason,
    Part,
    PartReplay,
    TextDelta,
    ThoughtDelta,
    ToolCallDelta,
    ToolCallStarted,
    UsageReport,
)
from dispatch_ls.protocol.base import JsonObject, new_id
from dispatch_ls.protocol.events import Draft
from dispatch_ls.protocol.items import CallStatus
from dispatch_ls.protocol.usage import Usage

NOT_WHOLE = "Not run: the model's answer was cut off."

_FIELDS: dict[str, Field] = {"message": "text", "thought": "thought", "tool_call": "input"}


@dataclass(frozen=True)
class WantedCall:
    """A tool call as the model asked for it; `arguments` is its text, not yet looked into."""

    item_id: str
    call_id: str
    tool: str
    arguments: str

    @property
    def replay(self) -> JsonObject:
        """What the log keeps so that the call can be run, or said again byte for byte."""
        return {"callId": self.call_id, "arguments": self.arguments}

    @classmethod
    def of(cls, item_id: str, data: JsonObject) -> "WantedCall":
        """The call that an item of the log stands for."""
        replay = data.get("replay")
        kept = replay if isinstance(replay, dict) else {}
        return cls(item_id, str(kept.get("callId", "")), str(data.get("tool", "")), str(kept.get("arguments", "{}")))


@dataclass
class _Growing:
    kind: str
    streamed: Streamed
    tool: str = ""
    call_id: str = ""
    replay: JsonObject | None = None


class ModelCall:
    """Streams one answer into the log; what came of it is here afterwards, whether it ended well or not."""

    def __init__(self, live: Live, turn_id: str, step: int) -> None:
        self._live = live
        self._turn_id = turn_id
        self._step = step
        self._items: list[_Growing] = []
        self._by_index: dict[int, _Growing] = {}
        self.calls: list[WantedCall] = []
        self.usage = Usage()
        self.finish: FinishReason | None = None

    @property
    def started(self) -> bool:
        """Whether any content arrived; from then on a retry would say things twice."""
        return bool(self._items)

    @property
    def said_anything(self) -> bool:
        """Whether there is a text or a call, not only thoughts."""
        return any(item.kind != "thought" for item in self._items)

    async def run(self, model: Model, request: Request) -> None:
        """Stream until the model has finished; the provider's errors come out. `close` must follow in any case."""
        stream = model.stream(request)
        try:
            async for part in stream:
                self._take(part)
        finally:
            await stream.aclose()

    def close(self, *, truncated: bool) -> None:
        """Complete the items. `truncated` marks a text that was cut off; its tool calls are not run."""
        last = self._items[-1] if self._items else None
        whole = [
            self._completed(item, cut=truncated and item is last) for item in self._items if item.kind != "tool_call"
        ]
        calls = list(self._by_index.values())
        if truncated:
            whole += [self._not_run(call) for call in calls]
        else:
            self.calls = [
                WantedCall(call.streamed.item_id, call.call_id, call.tool, call.streamed.text) for call in calls
            ]
        for item in self._items:
            self._live.streaming.discard(item.streamed)
            item.streamed.stop()
        if whole:
            self._live.journal.log(*whole)

    def _take(self, part: Part) -> None:
        match part:
            case TextDelta(text=text):
                self._growing("message").streamed.add(text)
            case ThoughtDelta(text=text):
                self._growing("thought").streamed.add(text)
            case ToolCallStarted(index=index, call_id=call_id, name=name):
                self._by_index[index] = self._begin("tool_call", tool=name, call_id=call_id)
            case ToolCallDelta(index=index, text=text):
                self._by_index[index].streamed.add(text)
            case PartReplay():
                self._keep(part)
            case UsageReport(usage=usage):
                self.usage = usage
            case Finished(reason=reason):
                self.finish = reason

    def _growing(self, kind: str) -> _Growing:
        last = self._items[-1] if self._items else None
        # a part that has its replay data is whole: what follows is the next one
        if last is not None and last.kind == kind and last.replay is None:
            return last
        return self._begin(kind)

    def _begin(self, kind: str, *, tool: str = "", call_id: str = "") -> _Growing:
        first: JsonObject = {"kind": kind, "step": self._step}
        if kind == "message":
            first["role"] = "assistant"
        elif kind == "tool_call":
            first |= {"tool": tool, "title": tool, "status": CallStatus.PENDING}
        streamed = Streamed(self._live.journal, self._turn_id, new_id("item"), _FIELDS[kind], first=first)
        self._live.streaming.add(streamed)
        growing = _Growing(kind, streamed, tool, call_id)
        self._items.append(growing)
        return growing

    def _keep(self, part: PartReplay) -> None:
        """Remember what the provider must see again with the part that is being streamed."""
        self._growing(part.of).replay = dict(part.data)

    def _completed(self, item: _Growing, *, cut: bool) -> Draft:
        data: JsonObject = {"kind": item.kind, "text": item.streamed.text, "step": self._step}
        if item.kind == "message":
            data["role"] = "assistant"
        if cut:
            data["truncated"] = True
        if item.replay is not None:
            data["replay"] = item.replay
        return drafts.completed(self._turn_id, item.streamed.item_id, data)

    def _not_run(self, call: _Growing) -> Draft:
        # without replay data it is shown, but is no part of the conversation: half a call can't be said again
        data: JsonObject = {
            "kind": "tool_call",
            "tool": call.tool,
            "title": call.tool,
            "status": CallStatus.CANCELLED,
            "input": {},
            "output": NOT_WHOLE,
            "step": self._step,
        }
        return drafts.completed(self._turn_id, call.streamed.item_id, data)
