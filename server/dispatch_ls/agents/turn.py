"""One turn: message → model → tool calls → results, until the model stops (LOOP-1)."""

import asyncio
import logging
from itertools import count
from uuid import uuid4

from dispatch_ls.agents import drafts
from dispatch_ls.agents.asking import Asking
from dispatch_ls.agents.calls import CallRunner, Ran
from dispatch_ls.agents.guards import DoomLoop
from dispatch_ls.agents.live import Live
from dispatch_ls.agents.model_call import ModelCall, WantedCall
from dispatch_ls.agents.services import Services
from dispatch_ls.agents.speech import said
from dispatch_ls.protocol.base import new_id
from dispatch_ls.protocol.errors import DispatchError, ProviderError
from dispatch_ls.protocol.events import TurnEnded
from dispatch_ls.protocol.items import NoticeItem
from dispatch_ls.protocol.permissions import Question
from dispatch_ls.protocol.sessions import StopReason
from dispatch_ls.protocol.usage import Usage
from dispatch_ls.tools.context import Context

_log = logging.getLogger(__name__)

GO_ON, STOP = "Go on", "Stop"


class Turn:
    """Runs one turn of one session to its end, whatever the end is; `spent` is what it used before a restart."""

    def __init__(
        self, services: Services, live: Live, turn_id: str, spent: tuple[Usage, float | None] = (Usage(), None)
    ) -> None:
        self._services = services
        self._live = live
        self.turn_id = self._turn_id = turn_id
        self._asking = Asking(services, live, turn_id, spent)
        self._guard = DoomLoop()

    async def run(self, first_step: int = 1, pending: list[WantedCall] | None = None) -> TurnEnded:
        """Go from step to step; `pending` are calls of `first_step` that an earlier server had not run yet.

        Never raises: the result says how the turn ended, and is yet to be logged.
        """
        try:
            return self._ended(await self._steps(first_step, pending or []))
        except asyncio.CancelledError:
            return self._ended(StopReason.CANCELLED)
        except DispatchError as error:
            return self._failed(str(error), error)
        except Exception as error:
            incident = uuid4().hex[:8]
            _log.exception("turn %s failed [%s]", self._turn_id, incident)
            return self._failed(f"Something went wrong inside Dispatch (incident {incident}, see its log).", error)

    async def _steps(self, first_step: int, pending: list[WantedCall]) -> StopReason:
        limits = self._services.settings().limits
        for step in count(first_step):
            if step > limits.steps:
                self._notice(f"Stopped after {limits.steps} steps, the limit of a turn.")
                return StopReason.MAX_STEPS
            if not pending:
                call = await self._asking.ask(step)
                if not call.calls:
                    return self._rested(call)
                pending = call.calls
            ran = await (await self._runner()).run(pending, step)
            pending = []
            if limits.turn_usd is not None and (self._asking.cost or 0) >= limits.turn_usd:
                self._notice(
                    f"Stopped: this turn has cost ${self._asking.cost:.2f}, the limit is ${limits.turn_usd:.2f}."
                )
                return StopReason.BUDGET
            if not await self._may_go_on(ran):
                return StopReason.CANCELLED
            await self._hear(step)
        raise AssertionError("unreachable: steps have no end")

    async def _runner(self) -> CallRunner:
        toolbox = (await self._asking.agent(self._live.session.agent)).toolbox
        return CallRunner(self._live.journal, self._turn_id, toolbox, self._context_of)

    def _context_of(self, item_id: str) -> Context:
        return self._services.context_of(self._live.session_id, item_id, self._live.directory)

    def _rested(self, call: ModelCall) -> StopReason:
        match call.finish:
            case "refusal":
                return StopReason.REFUSED
            case "length":
                self._notice("The answer was cut off at the model's output limit.")
            case _ if not call.said_anything:
                self._notice("The model gave an empty answer.")
        return StopReason.END_TURN

    async def _may_go_on(self, ran: list[Ran]) -> bool:
        """Ask the user where the agent repeats itself (LOOP-7)."""
        looping = [each for each in ran if self._guard.repeats(each.wanted.tool, each.wanted.arguments, each.output)]
        if not looping:
            return True
        call = looping[0].wanted
        question = Question(
            question_id=new_id("question"),
            session_id=self._live.session_id,
            item_id=call.item_id,
            text=f"The agent keeps calling {call.tool} with the same arguments and the same result. Go on?",
            choices=[GO_ON, STOP],
        )
        answer = await self._services.answers.ask_question(question)
        self._guard.forget()
        return answer == GO_ON

    async def _hear(self, step: int) -> None:
        """Deliver what the user sent meanwhile: at a tool boundary, before the next request (LOOP-6)."""
        async with self._live.lock:
            rest = self._live.mailbox.copy()
            messages = rest.take_steering()
            if not messages:
                return
            await self._live.journal.log(
                rest.changed(), *(said(self._turn_id, step, each, self._services.workspace) for each in messages)
            )
            self._live.mailbox = rest

    def _ended(self, reason: StopReason) -> TurnEnded:
        return TurnEnded(stop_reason=reason, usage=self._asking.usage, cost=self._asking.cost)

    def _failed(self, text: str, error: Exception) -> TurnEnded:
        ended = self._ended(StopReason.ERROR)
        error_class = error.error_class if isinstance(error, ProviderError) else None
        return ended.model_copy(update={"error": text, "error_class": error_class})

    def _notice(self, text: str) -> None:
        notice = NoticeItem(level="warning", text=text)
        self._live.journal.log(drafts.notice(self._turn_id, new_id("item"), notice))
