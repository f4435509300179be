"""What the user allowed for a session: a pure view of its `permission.resolved` events (PERM-2).

The preview of the option that the user chose is what was granted: what was shown is what counts.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from dispatch_ls.permissions import commands
from dispatch_ls.permissions.access import Access
from dispatch_ls.permissions.containment import is_within
from dispatch_ls.protocol.base import JsonObject
from dispatch_ls.protocol.permissions import Decision, Operation, PermissionOutcome, Scope

_FILES = (Operation.READ, Operation.WRITE)


@dataclass(frozen=True)
class Grant:
    """One allowance: exactly the target, all in a directory, or commands that begin with some words."""

    operation: Operation
    kind: Literal["exact", "directory", "words"]
    target: str

    def __str__(self) -> str:
        """As it is shown, and read again by `granted`."""
        return self.target + {"exact": "", "directory": "/**", "words": " *"}[self.kind]

    def covers(self, operation: Operation, target: str) -> bool:
        """Whether it allows this; `target` is a path, a command or an address. Writing includes reading."""
        if operation is not self.operation and (self.operation, operation) != (Operation.WRITE, Operation.READ):
            return False
        if self.kind == "directory":
            return is_within(Path(target), (Path(self.target),))
        return target == self.target or (self.kind == "words" and commands.allowed_by(f"{self.target} *", target))


def fold(session_id: str, outcomes: Iterable[JsonObject]) -> tuple[Grant, ...]:
    """The grants of a session, from the data of its `permission.resolved` events."""
    grants: dict[Grant, None] = {}
    for data in outcomes:
        try:
            outcome = PermissionOutcome.model_validate(data)
        except ValidationError:
            continue
        grant = granted(outcome) if outcome.session_id == session_id else None
        if grant is not None:
            grants[grant] = None
    return tuple(grants)


def granted(outcome: PermissionOutcome) -> Grant | None:
    """What an answer of the user allows for the rest of the session."""
    if (outcome.decision, outcome.scope, outcome.by) != (Decision.ALLOW, Scope.SESSION, "user"):
        return None
    chosen = [
        option for option in outcome.options if (option.decision, option.scope) == (Decision.ALLOW, Scope.SESSION)
    ]
    preview = chosen[0].preview if chosen else None
    if preview is None:
        return None
    if outcome.operation in _FILES:
        kind: Literal["directory", "words"] = "directory"
    elif outcome.operation is Operation.EXECUTE:
        kind = "words"
    else:
        return Grant(outcome.operation, "exact", preview)
    ending = str(Grant(outcome.operation, kind, ""))
    if preview == outcome.target or not preview.endswith(ending):
        return Grant(outcome.operation, "exact", preview)
    return Grant(outcome.operation, kind, preview.removesuffix(ending))


def covering(grants: Iterable[Grant], access: Access, target: str) -> Grant | None:
    """The grant that allows an access to one of its targets."""
    return next((grant for grant in grants if grant.covers(access.operation, target)), None)
