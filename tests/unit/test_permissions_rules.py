"""Rules, containment and grants: pure, so tables and properties."""

from pathlib import Path
from typing import get_args

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dispatch_ls.config.settings import Action
from dispatch_ls.permissions import commands
from dispatch_ls.permissions.containment import is_within
from dispatch_ls.permissions.grants import Grant, fold
from dispatch_ls.permissions.judge import Policy, judge
from dispatch_ls.permissions.rules import Rule, deciding, for_command, for_path
from dispatch_ls.protocol.base import JsonObject
from dispatch_ls.protocol.permissions import Decision, Operation, PermissionOption, PermissionOutcome, Scope
from support.permissions import ROOTS, WS, access

ORDER = ("deny", "ask", "allow")


def path_rule(pattern: str, action: Action, path: str) -> bool:
    return for_path([Rule("edit", pattern, action)], WS / path, ROOTS) is not None


ALLOWED_PATHS = [
    ("*", "a.py", True),
    ("*", "deep/er/a.py", True),
    ("*", "/etc/passwd", False),
    ("*", "/srv/data/x", True),
    ("**", "deep/er/a.py", True),
    ("*.py", "deep/er/a.py", True),
    ("*.py", "a.py/evil", False),
    ("src/*", "src/a.py", True),
    ("src/*", "src/deep/a.py", False),
    ("src/*.py", "src/a.py", True),
    ("src/**", "src/deep/er/a.py", True),
    ("src/**", "srcs/a.py", False),
    ("src/**/a.py", "src/a.py", True),
    ("src/", "src/deep/a.py", True),
    ("src/**", "sub/src/a.py", False),
    ("**/src/*.py", "sub/src/a.py", True),
    ("SRC/**", "src/a.py", False),
    ("/people/me/src/ws/**", "a.py", True),
    ("/people/me/src/ws/**", "/people/me/src/ws-evil/a.py", False),
    ("~/notes/*", "/people/me/notes/a.md", True),
    ("~/notes/*", "/people/me/notes/deep/a.md", False),
    ("~/notes/*", "/people/you/notes/a.md", False),
    ("/etc/*", "/etc/passwd", True),
    ("a[b].py", "a[b].py", True),
    ("a[b].py", "ab.py", False),
    ("?.py", "a.py", True),
    ("?.py", "ab.py", False),
]


@pytest.mark.parametrize(("pattern", "path", "expected"), ALLOWED_PATHS)
def test_what_an_allowance_of_paths_means(pattern: str, path: str, expected: bool) -> None:
    assert path_rule(pattern, "allow", path) is expected


DENIED_PATHS = [
    ("secrets", "secrets/deep/a", True),
    ("src/*", "src/deep/a.py", True),
    (".ENV", ".env", True),
    ("*.pem", "deep/KEY.PEM", True),
    ("*.pem", "/etc/ssl/a.pem", True),
    ("src", "a.py", False),
    ("people", "a.py", False),
    ("/people/me/", "a.py", True),
    ("~/src", "a.py", True),
    ("caf\u00e9", "cafe\u0301/x", True),
    ("docs/**", "src/a.py", False),
]


@pytest.mark.parametrize(("pattern", "path", "expected"), DENIED_PATHS)
@pytest.mark.parametrize("action", ["deny", "ask"])
def test_what_a_deny_of_paths_means(pattern: str, path: str, expected: bool, action: Action) -> None:
    assert path_rule(pattern, action, path) is expected


words = st.lists(st.sampled_from(["git", "push", "npm", "run", "-f", "x*", "*", "test", "a b"]), min_size=1, max_size=4)
patterns = words.map(" ".join)
rules = st.lists(st.builds(Rule, st.just("shell"), patterns, st.sampled_from(get_args(Action))), max_size=8)
command_lines = st.lists(words.map(" ".join), min_size=1, max_size=3).flatmap(
    lambda parts: st.sampled_from([" ", "; ", " && ", "\n", "|", " & "]).map(lambda separator: separator.join(parts))
)


@given(rules, command_lines)
def test_a_deny_always_stands(all_rules: list[Rule], command: str) -> None:
    decided = for_command(all_rules, command)
    denying = [rule for rule in all_rules if rule.action == "deny" and commands.touched_by(rule.pattern, command)]
    assert (decided is not None and decided.action == "deny") is bool(denying)


@given(rules, patterns, st.integers(0, 8), command_lines)
def test_adding_a_deny_never_widens(all_rules: list[Rule], pattern: str, place: int, command: str) -> None:
    def action(of: list[Rule]) -> int:
        rule = for_command(of, command)
        return ORDER.index(rule.action if rule else "ask")

    assert action([*all_rules[:place], Rule("shell", pattern, "deny"), *all_rules[place:]]) <= action(all_rules)


@given(rules, command_lines)
def test_the_last_match_wins(all_rules: list[Rule], command: str) -> None:
    last = Rule("shell", command, "allow")
    decided = for_command([*all_rules, last], command)
    assert decided is not None
    assert decided.action == "deny" or decided == last


@given(rules)
def test_order_matters_only_without_a_deny(all_rules: list[Rule]) -> None:
    decided, turned = deciding(all_rules), deciding(all_rules[::-1])
    if any(rule.action == "deny" for rule in all_rules):
        assert decided is not None
        assert turned is not None
        assert decided.action == turned.action == "deny"
    else:
        assert decided == (all_rules[-1] if all_rules else None)


def test_containment_goes_by_components() -> None:
    assert is_within(Path("/ws/a"), (Path("/ws"),))
    assert is_within(Path("/ws"), (Path("/ws"),))
    assert not is_within(Path("/ws-evil/a"), (Path("/ws"),))
    assert not is_within(Path("/ws/../etc"), (Path("/ws"),))


def outcome(operation: Operation, target: str, preview: str | None, **more: object) -> PermissionOutcome:
    option = PermissionOption(decision=Decision.ALLOW, scope=Scope.SESSION, label="Allow", preview=preview)
    fields = {
        "permission_id": "per_1", "session_id": "ses_1", "item_id": "itm_1", "operation": operation, "target": target,
        "title": "T", "reason": "r", "options": [option], "decision": Decision.ALLOW, "scope": Scope.SESSION,
        "by": "user",
    }  # fmt: skip
    return PermissionOutcome.model_validate(fields | more)


grants = st.builds(
    Grant,
    st.sampled_from([Operation.EXECUTE, Operation.NETWORK]),
    st.just("exact"),
    st.text(min_size=1, max_size=10),
) | st.builds(Grant, st.just(Operation.EXECUTE), st.just("words"), st.sampled_from(["npm run test", "pytest"]))
directory_grants = st.builds(
    Grant,
    st.sampled_from([Operation.READ, Operation.WRITE]),
    st.sampled_from(["exact", "directory"]),
    st.sampled_from(["/srv/a", "/people/me/x.py", "/"]),
)


@given(grants | directory_grants)
@example(Grant(Operation.EXECUTE, "exact", "rm *"))
@example(Grant(Operation.EXECUTE, "exact", "cat /**"))
def test_a_grant_is_read_again_as_it_was_shown(grant: Grant) -> None:
    target = grant.target if grant.kind == "exact" else f"{grant.target} or something in it"
    assert fold("ses_1", [outcome(grant.operation, target, str(grant)).wire()]) == (grant,)


NO_GRANT: list[JsonObject] = [
    outcome(Operation.EXECUTE, "ls", "ls", decision="deny").wire(),
    outcome(Operation.EXECUTE, "ls", "ls", scope="once").wire(),
    outcome(Operation.EXECUTE, "ls", "ls", scope="always").wire(),
    outcome(Operation.EXECUTE, "ls", "ls", by="rule").wire(),
    outcome(Operation.EXECUTE, "ls", "ls", session_id="ses_2").wire(),
    outcome(Operation.EXECUTE, "ls", None).wire(),
    outcome(Operation.EXECUTE, "ls", "ls", options=[]).wire(),
    {},
    {"decision": "ALLOW"},
    {**outcome(Operation.EXECUTE, "ls", "ls").wire(), "decision": True},
]


@pytest.mark.parametrize("data", NO_GRANT, ids=range(len(NO_GRANT)))
def test_nothing_else_grants(data: JsonObject) -> None:
    assert fold("ses_1", [data]) == ()


actions = st.dictionaries(
    st.sampled_from(["*", "**", "src/*", "src/**", "*.py", "/etc/*", "~/x", "src"]), st.sampled_from(get_args(Action))
)
some_paths = st.sampled_from(
    ["a.py", "src/a.py", "src/deep/b", "/etc/passwd", "/people/me/x", "/srv/data/x", ".env"]
).map(lambda path: WS / path)


@settings(max_examples=300)
@given(
    st.sampled_from([Operation.READ, Operation.WRITE]),
    st.lists(some_paths, min_size=1, max_size=3),
    actions,
    st.lists(directory_grants, max_size=3),
    st.sampled_from(["*", "src/**", "/etc/*", "*.py"]),
)
def test_no_deny_is_outdone_and_each_narrows(
    operation: Operation, paths: list[Path], lines: dict[str, Action], some: list[Grant], pattern: str
) -> None:
    def verdict(of: dict[str, Action]) -> int:
        found = tuple(Rule("edit", pattern, action) for pattern, action in of.items())
        return ORDER.index(judge(access(operation, *paths), Policy({operation: found}, ROOTS), some).action)

    before, after = verdict(lines), verdict({**lines, pattern: "deny"})
    assert after <= before
    if any(path_rule(pattern, "deny", str(path)) for path in paths):
        assert after == ORDER.index("deny")
