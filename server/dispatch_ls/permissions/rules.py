"""Rules allow | ask | deny by pattern: the last match wins, but a deny always stands (PERM-4). Pure.

A pattern for paths with a `/` in it starts at the workspace, or at the root or home where it starts with `/` or `~/`;
one without means the name at any depth. `*` stays within a name, `**` goes through directories. Where two readings
differ, an allowance has the narrower one: it means exactly what matches, in the case it is written in, and without
`/` or `~/` only the workspace and opened directories; ask and deny also mean all that lies beneath, in any case.
"""

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from dispatch_ls.config.settings import Action, Permissions
from dispatch_ls.permissions import commands
from dispatch_ls.permissions.containment import Roots, at_home
from dispatch_ls.permissions.wildcards import matches, matches_parts
from dispatch_ls.protocol.permissions import Operation

TABLES: Mapping[Operation, str] = {
    Operation.READ: "read",
    Operation.WRITE: "edit",
    Operation.EXECUTE: "shell",
    Operation.NETWORK: "network",
    Operation.SUMMON: "summon",
}
"""Which table of `[permissions]` speaks about an operation."""


@dataclass(frozen=True)
class Rule:
    """One line of a table."""

    table: str
    pattern: str
    action: Action

    def __str__(self) -> str:
        return f'permissions.{self.table} "{self.pattern}" = "{self.action}"'

    @property
    def is_anchored(self) -> bool:
        """Whether a path pattern names a place outside the workspace."""
        return self.pattern.startswith(("/", "~/"))


def rules_of(permissions: Permissions, operation: Operation) -> tuple[Rule, ...]:
    """The rules for an operation, in their order."""
    table = TABLES[operation]
    lines: dict[str, Action] = getattr(permissions, table)
    return tuple(Rule(table, pattern, action) for pattern, action in lines.items())


def deciding(matching: Iterable[Rule]) -> Rule | None:
    """Of the rules that match, the one that decides: any deny, else the last."""
    last: Rule | None = None
    for rule in matching:
        if rule.action == "deny":
            return rule
        last = rule
    return last


def for_path(rules: Iterable[Rule], path: Path, roots: Roots) -> Rule | None:
    """The rule that decides about a real path."""
    return deciding(rule for rule in rules if _means_path(rule, path, roots))


def for_command(rules: Iterable[Rule], command: str) -> Rule | None:
    """The rule that decides about a shell command."""
    return deciding(rule for rule in rules if _means_command(rule, command))


def for_name(rules: Iterable[Rule], name: str) -> Rule | None:
    """The rule that decides about an address or an agent."""
    return deciding(rule for rule in rules if matches(rule.pattern, name))


def _means_command(rule: Rule, command: str) -> bool:
    if rule.action == "allow":
        return commands.allowed_by(rule.pattern, command)
    return commands.touched_by(rule.pattern, command)


def _means_path(rule: Rule, path: Path, roots: Roots) -> bool:
    if rule.action == "allow":
        return (rule.is_anchored or roots.hold(path)) and _matches(rule.pattern, path, roots.workspace, roots.home)
    pattern, workspace, home = _folded(rule.pattern), _folded_path(roots.workspace), _folded_path(roots.home)
    reach = [path, *(path.parents if rule.is_anchored else _parents_in_reach(path, roots))]
    return any(_matches(pattern, _folded_path(each), workspace, home) for each in reach)


def _parents_in_reach(path: Path, roots: Roots) -> list[Path]:
    """The directories around a path whose names a rule may mean: not those that the workspace itself lies in."""
    holding = [root for root in (roots.workspace, *roots.directories) if path.is_relative_to(root)]
    return [parent for parent in path.parents if not any(root.is_relative_to(parent) for root in holding)]


def _matches(pattern: str, path: Path, workspace: Path, home: Path) -> bool:
    parts = tuple(part for part in pattern.split("/") if part not in ("", "."))
    beneath = ("**",) if pattern.endswith("/") else ()
    if pattern.startswith(("/", "~/")):
        return matches_parts((*at_home(pattern, home).parts, *beneath), path.parts)
    if len(parts) == 1 or parts[:1] == ("**",):
        return matches_parts(("**", *parts, *beneath), path.parts)
    return matches_parts((*workspace.parts, *parts, *beneath), path.parts)


def _folded(text: str) -> str:
    return unicodedata.normalize("NFC", text).casefold()


def _folded_path(path: Path) -> Path:
    return Path(_folded(str(path)))
