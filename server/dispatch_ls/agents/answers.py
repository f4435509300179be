"""Open requests of agents to the user: permissions (PERM-3) and questions. The first valid answer counts."""

import asyncio
from collections.abc import Callable, Iterable

from dispatch_ls.agents import drafts
from dispatch_ls.agents.journal import Journal
from dispatch_ls.permissions.gate import Answer
from dispatch_ls.protocol.base import Wire
from dispatch_ls.protocol.errors import Invalid
from dispatch_ls.protocol.events import Draft, Event, EventType, QuestionResolved
from dispatch_ls.protocol.methods import PermissionReply, QuestionReply
from dispatch_ls.protocol.permissions import Decision, Permission, PermissionOutcome, Question, Scope
from dispatch_ls.protocol.sessions import State, WaitingOn

TURN_ENDED = "the turn ended before anyone answered"


class Answers:
    """What waits for the user, of all sessions. Nobody there: it waits, in the snapshot; never a silent yes or no."""

    def __init__(self, journal_of: Callable[[str], Journal]) -> None:
        self._journal_of = journal_of
        self._permissions: dict[str, Permission] = {}
        self._adopted: dict[str, Permission] = {}
        self._questions: dict[str, Question] = {}
        self._waiting: dict[str, asyncio.Future[Answer]] = {}
        self._replies: dict[str, asyncio.Future[str]] = {}

    def adopt(self, permissions: Iterable[Permission]) -> None:
        """Take over requests that were open when an earlier server ended; asking again shows the same request."""
        for permission in permissions:
            self._permissions[permission.permission_id] = permission
            self._adopted[permission.permission_id] = permission
            self._waiting[permission.permission_id] = asyncio.get_running_loop().create_future()

    def permissions(self, session_id: str | None = None) -> list[Permission]:
        """Open requests for permission, oldest first."""
        return [each for each in self._permissions.values() if session_id in (None, each.session_id)]

    def questions(self, session_id: str | None = None) -> list[Question]:
        """Open questions, oldest first."""
        return [each for each in self._questions.values() if session_id in (None, each.session_id)]

    async def ask(self, permission: Permission) -> Answer:
        """Show the request and wait for the user (the gate's `Asker`)."""
        # one that an earlier server asked may even have been answered before its agent asks again
        known = next((each for each in self._adopted.values() if _same(each, permission)), None)
        if known is not None:
            del self._adopted[known.permission_id]
        else:
            self._permissions[permission.permission_id] = known = permission
            self._announce(EventType.PERMISSION_REQUESTED, permission, WaitingOn.PERMISSION)
        waiting = self._waiting.setdefault(known.permission_id, asyncio.get_running_loop().create_future())
        try:
            return await waiting
        finally:
            self._waiting.pop(known.permission_id, None)

    def record(self, outcome: PermissionOutcome) -> None:
        """Log a decision (PERM-8); one that the user gave is logged by `reply` already."""
        if outcome.by == "user":
            return
        same = next((each for each in self._permissions.values() if _same(each, outcome)), None)
        if same is not None:
            outcome = outcome.model_copy(update={"permission_id": same.permission_id})
            del self._permissions[same.permission_id]
        self._resolve(outcome.session_id, EventType.PERMISSION_RESOLVED, outcome, was_open=same is not None)

    async def reply(self, reply: PermissionReply) -> bool:
        """The user's answer; False where another one came first. Returns once the decision is on disk."""
        permission = self._permissions.get(reply.permission_id)
        if permission is None:
            return False
        if not any((each.decision, each.scope) == (reply.decision, reply.scope) for each in permission.options) and (
            reply.decision is not Decision.DENY
        ):
            raise Invalid(f"this request can't be answered with {reply.decision} for {reply.scope}")
        waiting = self._waiting.get(reply.permission_id)
        if waiting is None or waiting.done():
            return False
        del self._permissions[reply.permission_id]
        outcome = PermissionOutcome(
            **permission.model_dump(by_alias=False),
            decision=reply.decision,
            scope=reply.scope,
            by="user",
            message=reply.message,
        )
        stored = self._resolve(permission.session_id, EventType.PERMISSION_RESOLVED, outcome, was_open=True)
        # answered before the commit is waited for: nothing else can settle the request meanwhile
        waiting.set_result(Answer(decision=reply.decision, scope=reply.scope, message=reply.message))
        await stored
        return True

    async def ask_question(self, question: Question) -> str:
        """Ask the user something and wait for the answer."""
        self._questions[question.question_id] = question
        self._announce(EventType.QUESTION_ASKED, question, WaitingOn.USER)
        reply: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._replies[question.question_id] = reply
        try:
            return await reply
        finally:
            self._replies.pop(question.question_id, None)

    async def reply_question(self, reply: QuestionReply) -> bool:
        """The user's answer to a question; False where it is not open any more."""
        question = self._questions.pop(reply.question_id, None)
        waiting = self._replies.get(reply.question_id)
        if question is None or waiting is None:
            return False
        resolved = QuestionResolved(question_id=question.question_id, answer=reply.answer)
        await self._resolve(question.session_id, EventType.QUESTION_RESOLVED, resolved, was_open=True)
        if not waiting.done():
            waiting.set_result(reply.answer)
        return True

    def withdraw(self, session_id: str) -> None:
        """Close what a turn that has ended left open; silence is no approval."""
        for permission in self.permissions(session_id):
            del self._permissions[permission.permission_id]
            outcome = PermissionOutcome(
                **permission.model_dump(by_alias=False),
                decision=Decision.DENY,
                scope=Scope.ONCE,
                by="policy",
                rule=TURN_ENDED,
            )
            self._log(session_id, EventType.PERMISSION_RESOLVED, outcome)
        for question in self.questions(session_id):
            del self._questions[question.question_id]
            self._log(session_id, EventType.QUESTION_RESOLVED, QuestionResolved(question_id=question.question_id))

    def _announce(self, event: EventType, request: Permission | Question, on: WaitingOn) -> None:
        self._journal_of(request.session_id).log(
            Draft(type=event, item_id=request.item_id, data=request.wire()), drafts.state(State.WAITING, on=on)
        )

    def _resolve(
        self, session_id: str, event: EventType, resolved: Wire, *, was_open: bool
    ) -> "asyncio.Future[list[Event]]":
        if was_open and not self.permissions(session_id) and not self.questions(session_id):
            return self._log(session_id, event, resolved, drafts.state(State.RUNNING))
        return self._log(session_id, event, resolved)

    def _log(self, session_id: str, event: EventType, resolved: Wire, *more: Draft) -> "asyncio.Future[list[Event]]":
        return self._journal_of(session_id).log(Draft(type=event, data=resolved.wire()), *more)


def _same(one: Permission, other: Permission) -> bool:
    return (one.session_id, one.item_id, one.operation, one.target) == (
        other.session_id,
        other.item_id,
        other.operation,
        other.target,
    )
