"""A gate with all it needs, and a user who is asked."""

import asyncio
from dataclasses import dataclass, field
from pathlib import Path

from dispatch_ls.config.load import load
from dispatch_ls.config.settings import Permissions
from dispatch_ls.permissions.access import Access
from dispatch_ls.permissions.gate import Answer, Gate
from dispatch_ls.protocol.permissions import Decision, Operation, Permission, PermissionOutcome, Scope

ALLOW, DENY = Decision.ALLOW, Decision.DENY


@dataclass
class User:
    """Whoever is asked: requests come in here, and wait for an answer."""

    asked: "asyncio.Queue[Permission]" = field(default_factory=asyncio.Queue)
    waiting: "dict[str, asyncio.Future[Answer]]" = field(default_factory=dict)

    async def ask(self, permission: Permission) -> Answer:
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self.waiting[permission.permission_id] = answer
        self.asked.put_nowait(permission)
        try:
            return await answer
        finally:
            del self.waiting[permission.permission_id]

    async def answer(self, decision: Decision, scope: Scope = Scope.ONCE, message: str | None = None) -> Permission:
        permission = await self.asked.get()
        self.waiting[permission.permission_id].set_result(Answer(decision, scope, message))
        return permission


class House:
    """A gate with all it needs, on a real file system."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.workspace, self.outside, self.home, self.state = (
            root / name for name in ("ws", "outside", "home", "state")
        )
        for directory in (self.workspace, self.outside, self.home, self.state):
            directory.mkdir()
        self.user_file = root / "config" / "dispatch.toml"
        self.permissions = Permissions()
        self.user = User()
        self.log: list[PermissionOutcome] = []
        self.notices: list[tuple[str, str]] = []
        self.running: list[asyncio.Task[None]] = []
        self.gate = self.new_gate()

    def new_gate(self) -> Gate:
        return Gate(
            workspace=self.workspace,
            home=self.home,
            permissions=lambda: self.permissions,
            user_file=self.user_file,
            asker=self.user,
            record=self.log.append,
            notice=lambda session, text: self.notices.append((session, text)),
            own=[self.state],
        )

    def set(self, **tables: object) -> None:
        self.permissions = Permissions.model_validate(tables)

    def reload(self) -> None:
        self.permissions = load(self.user_file, None, trusted=True).settings.permissions

    def check(self, access: Access) -> "asyncio.Task[None]":
        task = asyncio.create_task(self.gate.check(access))
        self.running.append(task)
        return task

    def reads(self, path: Path, session: str = "ses_1") -> Access:
        return self._access(Operation.READ, str(path), path, session=session)

    def writes(self, path: Path, session: str = "ses_1") -> Access:
        return self._access(Operation.WRITE, str(path), path, session=session)

    def runs(self, command: str, directory: Path | None = None, session: str = "ses_1") -> Access:
        return self._access(Operation.EXECUTE, command, directory or self.workspace, session=session)

    def _access(self, operation: Operation, target: str, path: Path, *, session: str) -> Access:
        return Access(
            session_id=session,
            item_id=f"itm_{target}",
            operation=operation,
            target=target,
            paths=(path,),
            title=f"{operation} {target}",
            tool="tool",
        )

    @property
    def decisions(self) -> list[tuple[str, str, str]]:
        return [(entry.decision.value, entry.scope.value, entry.by) for entry in self.log]


def scopes(permission: Permission) -> list[tuple[str, str]]:
    return [(option.decision.value, option.scope.value) for option in permission.options]
