"""The gate: every access of an agent passes here. It allows, refuses, or asks and waits (PERM-1 to PERM-3, PERM-8)."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from dispatch_ls.config.settings import Permissions
from dispatch_ls.permissions import grants, offers
from dispatch_ls.permissions.access import Access
from dispatch_ls.permissions.grants import Grant
from dispatch_ls.permissions.judge import Policy, Verdict, judge
from dispatch_ls.protocol.base import JsonObject, new_id
from dispatch_ls.protocol.errors import ConfigError, Denied
from dispatch_ls.protocol.permissions import Decision, Operation, Permission, PermissionOption, PermissionOutcome, Scope

__all__ = ["Access", "Answer", "Asker", "Gate"]

_DOING = {
    Operation.READ: "reading",
    Operation.WRITE: "writing",
    Operation.EXECUTE: "running",
    Operation.NETWORK: "connecting to",
    Operation.SUMMON: "summoning",
}


@dataclass(frozen=True)
class Answer:
    """What the user answered; `message` goes to the model."""

    decision: Decision
    scope: Scope = Scope.ONCE
    message: str | None = None


class Asker(Protocol):
    """Whoever can reach the user."""

    async def ask(self, permission: Permission) -> Answer:
        """Show a request and wait for the answer; cancelled when it is settled without one."""


@dataclass
class _Open:
    access: Access
    settled: "asyncio.Future[Verdict]" = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class Gate:
    """The one of a workspace, for all its sessions. What is granted for a session is restored from its log."""

    def __init__(
        self,
        *,
        workspace: Path,
        home: Path,
        permissions: Callable[[], Permissions],
        user_file: Path,
        asker: Asker,
        record: Callable[[PermissionOutcome], None],
        notice: Callable[[str, str], None],
        own: Sequence[Path] = (),
    ) -> None:
        """`permissions` gives the settings in force, `record` logs a decision, `notice` tells a session something.

        `own` are the directories where Dispatch keeps its state and configuration.
        """
        self._workspace = workspace
        self._home = home
        self._permissions = permissions
        self._user_file = user_file
        self._asker = asker
        self._record = record
        self._notice = notice
        self._own = own
        self._grants: dict[str, tuple[Grant, ...]] = {}
        self._always: tuple[Grant, ...] = ()  # written, and in force before the file is read again
        self._open: list[_Open] = []
        self._seen: Permissions | None = None
        self._policy: Policy | None = None

    def restore(self, session_id: str, outcomes: Iterable[JsonObject]) -> None:
        """Take in the data of a session's `permission.resolved` events, once, before its agent goes on."""
        self._grants[session_id] = grants.fold(session_id, outcomes)

    async def check(self, access: Access) -> None:
        """Return once it may be done; raises `Denied`, whose text tells the model who refused it and why."""
        policy = await self._policy_now()
        verdict = self._judge(access, policy)
        if verdict.action == "ask":
            answers = await asyncio.to_thread(offers.answers_to, access, verdict, policy.roots)
            verdict = self._judge(access, policy)  # a grant may have come meanwhile
            if verdict.action == "ask":
                await self._ask(access, verdict, answers)
                return
        self._settle(access, verdict, _request(access, verdict, ()))

    async def rejudge(self) -> None:
        """Settle the open requests that the rules or grants decide by now; to be called when the settings changed."""
        policy = await self._policy_now()
        for waiting in self._open:
            verdict = self._judge(waiting.access, policy)
            if verdict.action != "ask" and not waiting.settled.done():
                waiting.settled.set_result(verdict)

    def _judge(self, access: Access, policy: Policy) -> Verdict:
        return judge(access, policy, (*self._grants.get(access.session_id, ()), *self._always))

    async def _policy_now(self) -> Policy:
        permissions = self._permissions()
        if self._policy is None or permissions is not self._seen:
            policy = await asyncio.to_thread(Policy.of, permissions, self._workspace, self._home, self._own)
            self._policy, self._seen, self._always = policy, permissions, ()
        return self._policy

    async def _ask(self, access: Access, verdict: Verdict, answers: offers.Answers) -> None:
        permission = _request(access, verdict, answers.options)
        answer = await self._answer_or_verdict(access, permission)
        if isinstance(answer, Verdict):
            self._settle(access, answer, permission)
            return
        if not _is_valid(answer, permission):
            self._refuse_nonsense(access, permission)
        self._record(_outcome(permission, answer.decision, answer.scope, by="user", message=answer.message))
        if answer.decision is Decision.DENY:
            raise Denied(_refused_by_user(access, answer.message))
        await self._grant(access, answer.scope, answers)

    async def _answer_or_verdict(self, access: Access, permission: Permission) -> Answer | Verdict:
        waiting = _Open(access)
        self._open.append(waiting)
        asking = asyncio.ensure_future(self._asker.ask(permission))
        try:
            await _first_of(asking, waiting.settled)
            return asking.result() if asking.done() else waiting.settled.result()
        finally:
            self._open.remove(waiting)
            asking.cancel()
            await asyncio.gather(asking, return_exceptions=True)

    def _settle(self, access: Access, verdict: Verdict, permission: Permission) -> None:
        """Log what a rule or grant decided; what is allowed to everyone without one is not worth a line."""
        if verdict.action == "deny":
            self._record(_outcome(permission, Decision.DENY, Scope.ONCE, by="rule", rule=verdict.rule))
            raise Denied(f"A rule denies {_what(access)}: {verdict.rule}. Do not try the same by another way.")
        if verdict.rule is not None:
            self._record(_outcome(permission, Decision.ALLOW, Scope.ONCE, by="rule", rule=verdict.rule))

    def _refuse_nonsense(self, access: Access, permission: Permission) -> None:
        rule = "an answer that was not offered is no approval"
        self._record(_outcome(permission, Decision.DENY, Scope.ONCE, by="policy", rule=rule))
        raise Denied(f"{_what(access).capitalize()} was not approved: {rule}.")

    async def _grant(self, access: Access, scope: Scope, answers: offers.Answers) -> None:
        if scope is Scope.ONCE or answers.grant is None:
            return
        if scope is Scope.ALWAYS and answers.entry is not None and await self._written(access, answers.entry):
            self._always = (*self._always, answers.grant)
        else:
            self._grants[access.session_id] = (*self._grants.get(access.session_id, ()), answers.grant)
        await self.rejudge()

    async def _written(self, access: Access, entry: offers.Entry) -> bool:
        """Whether it was; else it holds for the session, and the user is told."""
        try:
            await asyncio.to_thread(entry.write, self._user_file)
        except (OSError, ConfigError) as error:
            text = f"{self._user_file} could not be written, so this is allowed for this session only: {error}"
            self._notice(access.session_id, text)
            return False
        return True


async def _first_of(asking: "asyncio.Future[Answer]", settled: "asyncio.Future[Verdict]") -> None:
    futures: list[asyncio.Future[Answer] | asyncio.Future[Verdict]] = [asking, settled]
    await asyncio.wait(futures, return_when=asyncio.FIRST_COMPLETED)


def _request(access: Access, verdict: Verdict, options: tuple[PermissionOption, ...]) -> Permission:
    return Permission(
        permission_id=new_id("per"),
        session_id=access.session_id,
        item_id=access.item_id,
        operation=access.operation,
        target=access.target,
        title=access.title,
        reason=verdict.reason,
        options=list(options),
    )


def _outcome(permission: Permission, decision: Decision, scope: Scope, **more: object) -> PermissionOutcome:
    fields = permission.model_dump(by_alias=False)
    return PermissionOutcome.model_validate({**fields, "decision": decision, "scope": scope, **more})


def _is_valid(answer: object, permission: Permission) -> bool:
    """Whether it is an answer that was offered; a refusal needs no offer."""
    if not isinstance(answer, Answer) or not isinstance(answer.message, str | None):
        return False
    if answer.decision is Decision.DENY:
        return isinstance(answer.scope, Scope)
    return any(answer.decision is option.decision and answer.scope is option.scope for option in permission.options)


def _refused_by_user(access: Access, message: str | None) -> str:
    if message and message.strip():
        return f"The user denied {_what(access)}: {message.strip()}"
    return (
        f"The user denied {_what(access)}. Do not try the same by another way:"
        " say why it is needed, or do it differently."
    )


def _what(access: Access) -> str:
    target = access.target if len(access.target) <= 300 else f"{access.target[:200]} … {access.target[-60:]}"
    return f"{_DOING[access.operation]} {target}"
