"""Starts turns and ends them: a session has at most one under way, and what waits follows it (LOOP-6)."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from dispatch_ls.agents import drafts
from dispatch_ls.agents.live import Live
from dispatch_ls.agents.model_call import WantedCall
from dispatch_ls.agents.services import Services
from dispatch_ls.agents.speech import said
from dispatch_ls.agents.turn import Turn
from dispatch_ls.agents.wording import title_of
from dispatch_ls.protocol.base import new_id
from dispatch_ls.protocol.errors import NotStored
from dispatch_ls.protocol.events import Draft, TurnEnded
from dispatch_ls.protocol.sessions import QueuedMessage, State, StopReason
from dispatch_ls.sessions.snapshot import usage_of

RESTING = frozenset({StopReason.CANCELLED, StopReason.ERROR})
"""After these the agent does not go on by itself with what waits; it comes first in the next turn."""

RETRY_STORING = 1.0
"""Seconds between attempts to log while the disk is full."""


class Runner:
    """Owns the task of every turn."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def start(self, live: Live, messages: Sequence[QueuedMessage], before: Sequence[Draft] = ()) -> str:
        """Begin a turn with these messages; the caller holds the session's lock. Returns once they are on disk.

        `before` is logged with them, all or nothing: a message that leaves the queue can't get lost on the way.
        """
        turn_id = new_id("turn")
        session = live.session
        begin: list[Draft] = [said(turn_id, 0, message, self._services.workspace) for message in messages]
        begin.append(drafts.turn_started(turn_id, [message.message_id for message in messages], session.model))
        if not session.title:
            begin.append(drafts.header(title=title_of(messages[0].content, self._services.workspace)))
        begin.append(drafts.state(State.RUNNING))
        await live.journal.log(*before, *begin)
        self._launch(live, Turn(self._services, live, turn_id))
        return turn_id

    async def resume(self, live: Live, turn_id: str) -> None:
        """Go on with a turn that an earlier server left waiting for a permission: its pending calls have not run."""
        unfinished = live.view.unfinished_calls(turn_id)
        step = max((entry.step for entry in unfinished.values()), default=1)
        pending = [WantedCall.of(item_id, entry.data) for item_id, entry in unfinished.items()]
        logged = await self._services.store.events(live.session_id)
        turn = Turn(self._services, live, turn_id, usage_of(event for event in logged if event.turn_id == turn_id))
        self._launch(live, turn, step, pending)

    async def cancel(self, live: Live) -> None:
        """Stop the turn under way, also one that is just being started, and wait until it is over (LOOP-5)."""
        async with live.lock:
            task = live.task
            if task is None:
                return
            # once: a second cancellation would cut short what the first one makes end in order
            if not live.stopped and not live.ending:
                task.cancel()
            live.stopped = True
        await asyncio.wait([task])

    def _launch(self, live: Live, turn: Turn, step: int = 1, pending: list[WantedCall] | None = None) -> None:
        live.turn_id, live.ending, live.stopped = turn.turn_id, False, False
        live.task = asyncio.create_task(self._run(live, turn, step, pending), name=f"turn {turn.turn_id}")

    async def _run(self, live: Live, turn: Turn, step: int, pending: list[WantedCall] | None) -> None:
        ended = await turn.run(step, pending)
        live.ending = True  # from here on there is nothing left to cancel
        async with live.lock:
            self._services.answers.withdraw(live.session_id)
            await self._until_stored(lambda: self._end(live, turn.turn_id, ended))

    async def _end(self, live: Live, turn_id: str, ended: TurnEnded) -> None:
        over = drafts.turn_ended(turn_id, ended)
        if ended.stop_reason in RESTING or live.stopped or not len(live.mailbox):
            await live.journal.log(over, drafts.state(State.IDLE))
            live.task = live.turn_id = None
            return
        rest = live.mailbox.copy()
        messages = rest.take_next()
        await self.start(live, messages, [over, rest.changed()])
        live.mailbox = rest

    async def _until_stored(self, write: Callable[[], Awaitable[None]]) -> None:
        """A full disk ends no turn: it waits until there is room again."""
        while True:
            try:
                return await write()
            except NotStored:
                await asyncio.sleep(RETRY_STORING)
