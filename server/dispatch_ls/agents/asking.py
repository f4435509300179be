"""Asking a model for the next step: which one, with what, and again where that makes sense."""

import asyncio
from datetime import timedelta

from dispatch_ls.agents import drafts
from dispatch_ls.agents.conversation import messages_of
from dispatch_ls.agents.definition import Agent
from dispatch_ls.agents.live import Live
from dispatch_ls.agents.model_call import ModelCall
from dispatch_ls.agents.prompt import system_prompt
from dispatch_ls.agents.retry import Retry
from dispatch_ls.agents.services import Services
from dispatch_ls.models.catalogue import Route
from dispatch_ls.models.conversation import Request
from dispatch_ls.protocol.base import new_id, now
from dispatch_ls.protocol.errors import ProviderError
from dispatch_ls.protocol.events import Draft, EventType, ModelChanged, UsageRecorded
from dispatch_ls.protocol.items import NoticeItem
from dispatch_ls.protocol.sessions import Session, State
from dispatch_ls.protocol.usage import Usage


class Asking:
    """The model's side of one turn. `usage` and `cost` (USD, None while unknown) add up over its requests."""

    def __init__(self, services: Services, live: Live, turn_id: str, spent: tuple[Usage, float | None]) -> None:
        self._services = services
        self._live = live
        self._turn_id = turn_id
        self._agent: Agent | None = None
        self.usage, self.cost = spent

    async def ask(self, step: int) -> ModelCall:
        """The model's answer, all of it in the log. Raises `NoKey`, or `ProviderError` once no retry makes sense."""
        retry = Retry()
        while True:
            session = self._live.session
            agent = await self.agent(session.agent)
            route = await self._route(session, agent)
            call = ModelCall(self._live, self._turn_id, step)
            try:
                await call.run(route.model, self._request(session, agent, route))
            except ProviderError as error:
                call.close(truncated=True)
                pause = retry.pause(error, started=call.started)
                if pause is None:
                    raise
                await self._wait(route, error, pause)
            except BaseException:
                call.close(truncated=True)
                raise
            else:
                call.close(truncated=False)
                return call
            finally:
                await self._account(route, call.usage)

    async def agent(self, name: str) -> Agent:
        """The definition, the same for all of a turn: a reload in between would change the prefix (design)."""
        if self._agent is None or self._agent.name != name:
            self._agent = await self._services.definitions.get(name)
        return self._agent

    async def _route(self, session: Session, agent: Agent) -> Route:
        route = await self._services.catalogue.resolve(session.model or agent.model)
        if (route.model_id, route.key_id) != (session.model, session.key):
            changed = ModelChanged(model=route.model_id, key=route.key_id, reason="; ".join(route.reasons))
            self._live.journal.log(
                Draft(type=EventType.MODEL_CHANGED, turn_id=self._turn_id, data=changed.wire()),
                drafts.header(model=route.model_id, key=route.key_id),
            )
        return route

    def _request(self, session: Session, agent: Agent, route: Route) -> Request:
        return Request(
            system=system_prompt(agent.prompt, self._services.workspace, self._live.directory),
            tools=agent.specs,
            messages=messages_of(self._live.view),
            effort=session.effort or agent.effort,
            cache_key=session.session_id,
        )

    async def _wait(self, route: Route, error: ProviderError, pause: float) -> None:
        """Say until when, and wait; the user can stop it."""
        until = now() + timedelta(seconds=pause)
        text = f"{error} Trying again at {until:%H:%M:%S} UTC, in {pause:.0f} s; stop the turn to give up."
        changed = ModelChanged(
            model=route.model_id, key=route.key_id, reason=str(error), retry_after=pause, will_retry=True
        )
        self._live.journal.log(
            drafts.notice(self._turn_id, new_id("item"), NoticeItem(level="warning", text=text)),
            Draft(type=EventType.MODEL_CHANGED, turn_id=self._turn_id, data=changed.wire()),
            drafts.state(State.WAITING_FOR_KEY, until=until),
        )
        await asyncio.sleep(pause)
        self._live.journal.log(drafts.state(State.RUNNING))

    async def _account(self, route: Route, usage: Usage) -> None:
        if usage == Usage():
            return
        cost = await route.cost(usage)
        self.usage += usage
        self.cost = cost if self.cost is None else self.cost + (cost or 0)
        recorded = UsageRecorded(model=route.model_id, key=route.key_id, usage=usage, cost=cost)
        self._live.journal.log(drafts.usage(self._turn_id, recorded))
