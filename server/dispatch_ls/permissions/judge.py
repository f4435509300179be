"""Whether an access may be: from the rules, what is protected, where it is, and what was granted. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from dispatch_ls.config.settings import Action, Permissions
from dispatch_ls.permissions import commands, protected, rules
from dispatch_ls.permissions.access import Access
from dispatch_ls.permissions.containment import Roots, is_within
from dispatch_ls.permissions.grants import Grant, covering
from dispatch_ls.permissions.rules import Rule
from dispatch_ls.protocol.permissions import Operation


class Offer(StrEnum):
    """How far an answer may reach."""

    ONCE = "once"
    SESSION_EXACT = "session_exact"
    DIRECTORY = "directory"
    ALL = "all"


@dataclass(frozen=True)
class Policy:
    """What holds for all sessions. `own` are directories of Dispatch itself."""

    rules: Mapping[Operation, tuple[Rule, ...]]
    roots: Roots
    own: tuple[Path, ...] = ()

    @classmethod
    def of(cls, permissions: Permissions, workspace: Path, home: Path, own: Sequence[Path] = ()) -> "Policy":
        """From the settings; blocks on the file system."""
        return cls(
            {operation: rules.rules_of(permissions, operation) for operation in Operation},
            Roots.resolved(workspace, home, permissions.allow_directories),
            tuple(directory.resolve() for directory in own),
        )


@dataclass(frozen=True)
class Verdict:
    """What is to be done. `rule` is what decided, None where it is simply how Dispatch is; `reason` is for the user.

    `offer` tells how far the user's answer may reach where it has to be asked for, `path` which path is the matter.
    """

    action: Action
    rule: str | None = None
    reason: str = ""
    offer: Offer = Offer.ONCE
    path: Path | None = None


def judge(access: Access, policy: Policy, grants: Sequence[Grant]) -> Verdict:
    """The verdict on all that an access touches: the strictest of them."""
    if access.operation not in (Operation.READ, Operation.WRITE):
        return _judge_target(access, policy, grants)
    if not access.paths:
        return Verdict("ask", reason="It is not known which file this is.")
    verdicts = [_judge_path(access, path, policy, grants) for path in access.paths]
    return max(verdicts, key=lambda verdict: ("allow", "ask", "deny").index(verdict.action))


def _judge_path(access: Access, path: Path, policy: Policy, grants: Sequence[Grant]) -> Verdict:
    rule = rules.for_path(policy.rules[access.operation], path, policy.roots)
    if rule is not None and rule.action == "deny":
        return Verdict("deny", str(rule), path=path)
    protection = _protection(access.operation, path, policy)
    if protection is not None:
        return _judge_protected(access, path, protection, grants)
    grant = covering(grants, access, str(path))
    if grant is not None:
        return Verdict("allow", f"granted for this session: {grant}", path=path)
    return _judge_plain(access, path, policy, rule)


def _protection(operation: Operation, path: Path, policy: Policy) -> str | None:
    check = protected.written if operation is Operation.WRITE else protected.read
    return check(path, policy.own)


def _judge_protected(access: Access, path: Path, protection: str, grants: Sequence[Grant]) -> Verdict:
    reason = f"{path} is protected: {protection}."
    if access.operation is Operation.WRITE:
        return Verdict("ask", reason=reason, path=path)
    exact = covering([grant for grant in grants if grant.kind == "exact"], access, str(path))
    if exact is not None:
        return Verdict("allow", f"granted for this session: {exact}", path=path)
    return Verdict("ask", reason=reason, offer=Offer.SESSION_EXACT, path=path)


def _judge_plain(access: Access, path: Path, policy: Policy, rule: Rule | None) -> Verdict:
    if rule is not None and rule.action == "allow":
        return Verdict("allow", str(rule), path=path)
    if not policy.roots.hold(path):
        return Verdict("ask", reason=f"{path} is outside the workspace.", offer=Offer.DIRECTORY, path=path)
    if rule is not None:
        wide = Offer.ALL if access.operation is Operation.WRITE else Offer.SESSION_EXACT
        return Verdict("ask", str(rule), reason=f"A rule says to ask: {rule}.", offer=wide, path=path)
    if access.operation is Operation.READ:
        return Verdict("allow", path=path)
    return Verdict("ask", reason="No rule allows changes without asking.", offer=Offer.ALL, path=path)


def _judge_target(access: Access, policy: Policy, grants: Sequence[Grant]) -> Verdict:
    is_command = access.operation is Operation.EXECUTE
    decide = rules.for_command if is_command else rules.for_name
    rule = decide(policy.rules[access.operation], access.target)
    if rule is not None and rule.action == "deny":
        return Verdict("deny", str(rule))
    if not _is_at_home(access, policy, grants):
        return Verdict("ask", reason=f"It would run outside the workspace, in {access.paths[0]}.")
    grant = covering(grants, access, access.target)
    if grant is not None:
        return Verdict("allow", f"granted for this session: {grant}")
    if rule is not None:
        reason = f"A rule says to ask: {rule}." if rule.action == "ask" else ""
        return Verdict(rule.action, str(rule), reason=reason, offer=Offer.ALL)
    if access.operation is Operation.SUMMON:
        return Verdict("allow")
    return Verdict("ask", reason=_why(access, is_command=is_command), offer=Offer.ALL)


def _is_at_home(access: Access, policy: Policy, grants: Sequence[Grant]) -> bool:
    """Whether a command runs where its name means what the user knows: `make` in a strange directory is another one."""
    opened = [Path(grant.target) for grant in grants if grant.kind == "directory"]
    return all(policy.roots.hold(path) or is_within(path, opened) for path in access.paths)


def _why(access: Access, *, is_command: bool) -> str:
    if not is_command:
        return f"No rule allows {access.target}."
    if commands.is_plain(access.target):
        return "No rule allows this command."
    return "The shell does more here than run one program with plain words, so a rule can only allow exactly this."
