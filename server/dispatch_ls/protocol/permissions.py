"""Requests for permission and for an answer of the user, and what was decided."""

from enum import StrEnum
from typing import Literal

from dispatch_ls.protocol.base import Wire


class Operation(StrEnum):
    """What an agent wants to do to the target (PERM-3)."""

    READ = "read"
    WRITE = "write"
    EXECUTE = "execute"
    NETWORK = "network"
    SUMMON = "summon"


class Decision(StrEnum):
    """The answer."""

    ALLOW = "allow"
    DENY = "deny"


class Scope(StrEnum):
    """For how long an answer holds (PERM-2)."""

    ONCE = "once"
    SESSION = "session"
    ALWAYS = "always"


class PermissionOption(Wire):
    """One answer the user can choose; `preview` is the rule that it would write."""

    decision: Decision
    scope: Scope
    label: str
    preview: str | None = None


class Permission(Wire):
    """An open request. `target` is a path, a command or an address, whole and as it is."""

    permission_id: str
    session_id: str
    item_id: str
    operation: Operation
    target: str
    title: str
    reason: str
    options: list[PermissionOption]


class PermissionOutcome(Permission):
    """A request that was decided (`permission.resolved`, PERM-8)."""

    decision: Decision
    scope: Scope
    by: Literal["user", "rule", "policy"]
    rule: str | None = None
    message: str | None = None


class Question(Wire):
    """Something an agent asks the user."""

    question_id: str
    session_id: str
    item_id: str
    text: str
    choices: list[str] | None = None
