"""The tool calls of one step: shown, permitted, run together where they may, logged before and after (LOOP-1)."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from dispatch_ls.agents import drafts
from dispatch_ls.agents.journal import Journal
from dispatch_ls.agents.model_call import WantedCall
from dispatch_ls.agents.streaming import MOST, Streamed
from dispatch_ls.agents.waves import READING, waves
from dispatch_ls.protocol.base import JsonObject, new_id
from dispatch_ls.protocol.events import Draft, EventType
from dispatch_ls.protocol.items import Blob, CallStatus, NoticeItem, ToolCallItem, ToolKind
from dispatch_ls.tools.context import Context
from dispatch_ls.tools.toolbox import Call, Outcome, Toolbox

INLINE = 16 * 1024
"""Bytes; a longer value is kept apart and sent as a blob (shared protocol, "Promises")."""

CANCELLED = Outcome(status=CallStatus.CANCELLED, output="Cancelled by the user while it ran; what it did so far stays.")
NOT_RUN = Outcome(status=CallStatus.CANCELLED, output="Not run: the turn was cancelled.")


@dataclass(frozen=True)
class Ran:
    """A call and what the model was told of it, for the guard against loops."""

    wanted: WantedCall
    output: str


@dataclass(frozen=True)
class _Planned:
    wanted: WantedCall
    call: Call

    @property
    def kind(self) -> ToolKind:
        return self.call.kind

    @property
    def paths(self) -> frozenset[str]:
        return self.call.paths


class CallRunner:
    """Runs the calls of one turn. `context_of` gives each call, by item id, what its tool may use."""

    def __init__(self, journal: Journal, turn_id: str, toolbox: Toolbox, context_of: Callable[[str], Context]) -> None:
        self._journal = journal
        self._turn_id = turn_id
        self._toolbox = toolbox
        self._context_of = context_of
        self._started: set[str] = set()
        self._results: dict[str, Ran] = {}

    async def run(self, wanted: Sequence[WantedCall], step: int) -> list[Ran]:
        """Run the calls of one step; the results are in the order of the calls."""
        planned = await asyncio.to_thread(lambda: [self._plan(call) for call in wanted])
        try:
            self._journal.log(*(self._asked_for(each) for each in planned))
            for wave in waves(planned):
                async with asyncio.TaskGroup() as group:
                    for each in wave:
                        group.create_task(self._one(each, step), name=f"{each.call.tool} {each.wanted.item_id}")
        except asyncio.CancelledError:
            for each in planned:
                if each.wanted.item_id not in self._results:
                    await self._complete(each, step, self._cut_short(each))
            raise
        return [self._results[call.item_id] for call in wanted]

    def _plan(self, wanted: WantedCall) -> _Planned:
        return _Planned(wanted, self._toolbox.prepare(wanted.tool, wanted.arguments, self._context_of(wanted.item_id)))

    async def _one(self, planned: _Planned, step: int) -> None:
        output = Streamed(self._journal, self._turn_id, planned.wanted.item_id, "output", most=MOST)

        async def started() -> None:
            self._started.add(planned.wanted.item_id)
            logged = self._journal.log(self._update(planned, {"status": CallStatus.RUNNING}))
            # on disk before it changes anything: after a crash it is known to have run (design, "The log")
            if planned.kind not in READING:
                await logged

        context = replace(self._context_of(planned.wanted.item_id), stream=output.add, started=started)
        try:
            outcome = await self._toolbox.run(planned.call, context)
        finally:
            output.stop()
        await self._complete(planned, step, outcome)

    def _cut_short(self, planned: _Planned) -> Outcome:
        return CANCELLED if planned.wanted.item_id in self._started else NOT_RUN

    async def _complete(self, planned: _Planned, step: int, outcome: Outcome) -> None:
        item = await self._item(planned, outcome)
        data: JsonObject = {**item.wire(), "step": step, "replay": _replay(planned.wanted, outcome.output)}
        changes = [
            Draft(type=EventType.FILE_CHANGED, turn_id=self._turn_id, data=each.wire()) for each in outcome.changes
        ]
        notices = [
            drafts.notice(self._turn_id, new_id("item"), NoticeItem(level="warning", text=text))
            for text in outcome.notices
        ]
        self._results[planned.wanted.item_id] = Ran(planned.wanted, outcome.output)
        await self._journal.log(drafts.completed(self._turn_id, planned.wanted.item_id, data), *changes, *notices)

    async def _item(self, planned: _Planned, outcome: Outcome) -> ToolCallItem:
        return ToolCallItem(
            tool=planned.call.tool,
            tool_kind=planned.kind,
            title=planned.call.title,
            input=planned.call.input,
            status=outcome.status,
            output=await self._bounded(outcome.output),
            exit_code=outcome.exit_code,
            diff=await self._bounded(outcome.diff) if outcome.diff is not None else None,
            locations=list(outcome.locations),
            diagnostics=outcome.diagnostics,
        )

    async def _bounded(self, text: str) -> str | Blob:
        data = text.encode("utf-8", "replace")
        if len(data) <= INLINE:
            return text
        return await self._journal.store.put_blob(self._journal.session_id, data)

    def _asked_for(self, planned: _Planned) -> Draft:
        call = planned.call
        return self._update(
            planned,
            {
                "kind": "tool_call",
                "tool": call.tool,
                "toolKind": call.kind,
                "title": call.title,
                "input": call.input,
                "status": CallStatus.PENDING,
                "replay": planned.wanted.replay,
            },
        )

    def _update(self, planned: _Planned, data: JsonObject) -> Draft:
        return drafts.updated(self._turn_id, planned.wanted.item_id, data)


def _replay(wanted: WantedCall, output: str) -> JsonObject:
    """What the next request has to say again, byte for byte: the call as the model wrote it, and what it was told."""
    return {**wanted.replay, "output": output}
