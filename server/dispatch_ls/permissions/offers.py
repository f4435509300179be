"""The answers a user is offered, with what each would allow; an "always" also with what it would write."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from dispatch_ls.config.write import RuleTable, add_directory_grant, add_rule
from dispatch_ls.permissions.access import Access
from dispatch_ls.permissions.commands import LONGEST, general_form
from dispatch_ls.permissions.containment import Roots
from dispatch_ls.permissions.grants import Grant
from dispatch_ls.permissions.judge import Offer, Verdict
from dispatch_ls.protocol.permissions import Decision, Operation, PermissionOption, Scope

ONCE = PermissionOption(decision=Decision.ALLOW, scope=Scope.ONCE, label="Allow once")
DENY = PermissionOption(decision=Decision.DENY, scope=Scope.ONCE, label="Deny")

_TABLES: dict[Operation, RuleTable] = {
    Operation.WRITE: "edit",
    Operation.EXECUTE: "shell",
    Operation.NETWORK: "network",
    Operation.SUMMON: "summon",
}


@dataclass(frozen=True)
class Entry:
    """Lines for the user's `dispatch.toml`: a directory to open, a rule to add, or both."""

    directory: str | None = None
    table: RuleTable | None = None
    pattern: str = ""

    def __str__(self) -> str:
        lines = [f'allow_directories = ["{self.directory}"]'] if self.directory else []
        if self.table:
            lines.append(f'[permissions.{self.table}] "{self.pattern}" = "allow"')
        return "\n".join(lines)

    def write(self, file: Path) -> None:
        """Blocks; raises OSError or `ConfigError`."""
        if self.directory:
            add_directory_grant(file, self.directory)
        if self.table:
            add_rule(file, self.table, self.pattern, "allow")


@dataclass(frozen=True)
class Answers:
    """What can be answered. `grant` is what more than once would allow, `entry` what always would write."""

    options: tuple[PermissionOption, ...]
    grant: Grant | None = None
    entry: Entry | None = None


def answers_to(access: Access, verdict: Verdict, roots: Roots) -> Answers:
    """The answers to a request that a verdict made necessary; blocks on the file system."""
    if verdict.offer is Offer.ONCE:
        return Answers((ONCE, DENY))
    if verdict.path is not None:
        return _for_path(access, verdict.path, verdict.offer, roots)
    return _for_target(access)


def _for_path(access: Access, path: Path, offer: Offer, roots: Roots) -> Answers:
    directory = roots.workspace if offer is Offer.ALL and roots.workspace in path.parents else _directory(path)
    if offer is Offer.SESSION_EXACT or _is_too_wide(directory, roots):
        if path.is_dir() or path.name == "**":
            return Answers((ONCE, DENY))
        return _answers(f"{path}", Grant(access.operation, "exact", str(path)), None)
    grant = Grant(access.operation, "directory", str(directory))
    what = "reading" if access.operation is Operation.READ else "edits"
    where = "this workspace" if directory == roots.workspace else str(directory)
    return _answers(f"{what} in {where}", grant, _entry_for_directory(access.operation, directory, offer))


def _for_target(access: Access) -> Answers:
    form = general_form(access.target) if access.operation is Operation.EXECUTE else None
    if form is not None:
        words = form.removesuffix(" *")
        entry = Entry(table="shell", pattern=form)
        return _answers(f"`{form}`", Grant(access.operation, "words", words), entry)
    grant = Grant(access.operation, "exact", access.target)
    entry_exact = Entry(table=_TABLES[access.operation], pattern=access.target)
    return _answers("exactly this", grant, entry_exact if _can_be_written(access.target) else None)


def _answers(what: str, grant: Grant, entry: Entry | None) -> Answers:
    session = PermissionOption(
        decision=Decision.ALLOW, scope=Scope.SESSION, label=f"Allow {what} for this session", preview=str(grant)
    )
    options: Sequence[PermissionOption] = (ONCE, session)
    if entry is not None:
        always = PermissionOption(
            decision=Decision.ALLOW, scope=Scope.ALWAYS, label=f"Always allow {what}", preview=str(entry)
        )
        options = (ONCE, session, always)
    return Answers((*options, DENY), grant, entry)


def _entry_for_directory(operation: Operation, directory: Path, offer: Offer) -> Entry | None:
    name = str(directory)
    if not name.isprintable() or set("*?") & set(name):
        return None  # a pattern would mean more than this directory
    opened = name if offer is Offer.DIRECTORY else None
    if operation is Operation.READ:
        return Entry(directory=opened)
    return Entry(directory=opened, table="edit", pattern=f"{name}/**")


def _can_be_written(target: str) -> bool:
    """Whether a rule would mean exactly this: one with a `*` means more, an endless or unreadable one is no rule."""
    return target.isprintable() and not set("*?") & set(target) and len(target) <= LONGEST // 20


def _directory(path: Path) -> Path:
    return path if path.is_dir() else path.parent


def _is_too_wide(directory: Path, roots: Roots) -> bool:
    """The root, a home, or what the workspace itself lies in: nobody means all of that."""
    return directory == roots.home or directory in roots.home.parents or directory in roots.workspace.parents
