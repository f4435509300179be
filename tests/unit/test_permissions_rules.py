"""Rules, commands, protected files and grants: pure, so tables and properties."""

from pathlib import Path
from typing import get_args

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dispatch_ls.config.settings import Action, Permissions
from dispatch_ls.permissions import commands, protected
from dispatch_ls.permissions.access import Access
from dispatch_ls.permissions.containment import Roots, is_within
from dispatch_ls.permissions.grants import Grant, fold
from dispatch_ls.permissions.judge import Policy, judge
from dispatch_ls.permissions.rules import Rule, deciding, for_command, for_path
from dispatch_ls.permissions.wildcards import matches, matches_parts
from dispatch_ls.protocol.base import JsonObject
from dispatch_ls.protocol.permissions import Decision, Operation, PermissionOption, PermissionOutcome, Scope

WS = Path("/home/me/src/ws")
ROOTS = Roots(WS, Path("/home/me"), (Path("/srv/data"),))
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
    ("/home/me/src/ws/**", "a.py", True),
    ("/home/me/src/ws/**", "/home/me/src/ws-evil/a.py", False),
    ("~/notes/*", "/home/me/notes/a.md", True),
    ("~/notes/*", "/home/me/notes/deep/a.md", False),
    ("~/notes/*", "/home/you/notes/a.md", False),
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
    ("home", "a.py", False),
    ("/home/me/", "a.py", True),
    ("~/src", "a.py", True),
    ("caf\u00e9", "cafe\u0301/x", True),
    ("docs/**", "src/a.py", False),
]


@pytest.mark.parametrize(("pattern", "path", "expected"), DENIED_PATHS)
@pytest.mark.parametrize("action", ["deny", "ask"])
def test_what_a_deny_of_paths_means(pattern: str, path: str, expected: bool, action: Action) -> None:
    assert path_rule(pattern, action, path) is expected


ALLOWED_COMMANDS = [
    ("git status", "git status", True),
    ("git status", "git status -s", False),
    ("git status", "git  status", False),
    ("npm run test *", "npm run test", True),
    ("npm run test *", "npm run test -- --watch", True),
    ("npm run test *", "npm run testx", False),
    ("npm run test*", "npm run test", True),
    ("npm run test*", "npm run test:unit", True),
    ("npm run test*", "npm run testx", False),
    ("npm run test:*", "npm run test:unit", True),
    ("*", "ls -la", True),
    ("git *", "git log --oneline", True),
    ("echo *", 'echo "two words"', True),
    ("npm test && npm run lint", "npm test && npm run lint", True),
    ("echo $HOME", "echo $HOME", True),
]
SNEAKY = [
    "npm run test; rm x",
    "npm run test & rm x",
    "npm run test && rm x",
    "npm run test || rm x",
    "npm run test | sh",
    "npm run test\nrm x",
    "npm run test\rrm x",
    "npm run test > ~/.bashrc",
    "npm run test < /etc/passwd",
    "npm run test $(rm x)",
    "npm run test `rm x`",
    'npm run test "$(rm x)"',
    "npm run test ${x:=rm}",
    "npm run test $IFS",
    "npm run test \\\nrm",
    "npm run test <(rm x)",
    "npm run test {rm,x}",
    "npm run test ~root",
    "npm run test *",
    "npm run test ?",
    "npm run test [a-z]",
    "npm run test !!",
    "npm run test #",
    "npm run test \x00",
    "npm run test \x1b[2K",
    "npm run test \u202e",
    "npm run test \u00a0x",
    "npm run test \t x",
    "PATH=. npm run test",
    "npm run test " + "a" * commands.LONGEST,
]


@pytest.mark.parametrize(("pattern", "command", "expected"), ALLOWED_COMMANDS)
def test_what_an_allowance_of_commands_means(pattern: str, command: str, expected: bool) -> None:
    assert commands.allowed_by(pattern, command) is expected


@pytest.mark.parametrize("command", SNEAKY)
@pytest.mark.parametrize("pattern", ["*", "npm *", "npm run test*", "npm run test *?", "**"])
def test_only_plain_commands_are_allowed_by_pattern(pattern: str, command: str) -> None:
    assert commands.allowed_by(pattern, command) is False
    assert commands.allowed_by(command, command) is True


DODGES = [
    "git push",
    "git push origin main",
    "git  push   origin",
    "git\tpush",
    "ls; git push",
    "ls;git push",
    "ls && git push -f",
    "ls || git push",
    "ls | git push",
    "ls & git push",
    "ls\ngit push",
    "(git push)",
    "{ git push; }",
    "$(git push)",
    "echo `git push`",
    "A=1 B=2 git push",
    "sudo git push",
    "sudo -u root git push",
    "/usr/bin/git push",
    "sudo /usr/bin/git push",
    "env -i git push",
    "env A=1 git push",
    "timeout 5 git push",
    "nohup git push &",
    "command git push",
    "exec git push",
    "! git push",
    "if true; then git push; fi",
    "while :; do git push; done",
    'g"it" push',
    "g\\it push",
    "git 'push'",
    "$'git' push",
    "git \\\npush",
    "git${IFS}push",
    "git$IFS push",
    'sh -c "git push"',
    "bash -lc 'ls; git push'",
    'eval "git push"',
    "echo x | xargs git push",
    "ls > out; git push",
]


@pytest.mark.parametrize("command", DODGES)
def test_a_deny_is_not_dodged(command: str) -> None:
    rules = [Rule("shell", "*", "allow"), Rule("shell", "git push *", "deny"), Rule("shell", command, "allow")]
    decided = for_command(rules, command)
    assert decided is not None
    assert decided.action == "deny"


@pytest.mark.parametrize("command", ["git pull", "git stash push-ish", "echo git-push", "git log --grep push", "ls"])
def test_a_deny_leaves_others_alone(command: str) -> None:
    assert not commands.touched_by("git push *", command)


FORMS = [
    ("npm run test -- --watch", "npm run test *"),
    ("npm test", "npm test *"),
    ("pytest -q tests", "pytest *"),
    ("python -m pytest -q", "python -m pytest *"),
    ("uv run pytest", "uv run pytest *"),
    ("cargo test", "cargo test *"),
    ("git status", "git status *"),
    ("git push", None),
    ("rm -rf build", None),
    ("npm run", None),
    ("npm run test; rm x", None),
    ('npm run "test it"', None),
    ("npm  run test", None),
]


@pytest.mark.parametrize(("command", "form"), FORMS)
def test_general_forms(command: str, form: str | None) -> None:
    assert commands.general_form(command) == form
    if form is not None:
        assert commands.allowed_by(form, command)


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


@given(st.text("ab*?;", max_size=8), st.text("ab;", max_size=10))
def test_wildcards_mean_what_expressions_mean(pattern: str, text: str) -> None:
    import re

    expression = "".join(".*" if c == "*" else "." if c == "?" else re.escape(c) for c in pattern)
    assert matches(pattern, text) is bool(re.fullmatch(expression, text, re.DOTALL))
    inside = "".join("[^;]*" if c == "*" else "[^;]" if c == "?" else re.escape(c) for c in pattern)
    assert matches(pattern, text, never=";") is bool(re.fullmatch(inside, text, re.DOTALL))


@given(st.lists(st.sampled_from(["a", "b", "*", "**"]), max_size=6), st.lists(st.sampled_from(["a", "b"]), max_size=6))
def test_path_wildcards_mean_what_expressions_mean(pattern: list[str], path: list[str]) -> None:
    import re

    expression = "".join("(?:/[^/]*)*" if p == "**" else "/[^/]*" if p == "*" else f"/{p}" for p in pattern)
    assert matches_parts(tuple(pattern), tuple(path)) is bool(re.fullmatch(expression, "".join(f"/{p}" for p in path)))


@pytest.mark.timeout(10)
def test_no_pattern_takes_forever() -> None:
    assert not matches("*a" * 2000 + "b", "a" * 4000)
    assert not matches_parts(("**", "a") * 60 + ("b",), ("a",) * 200)
    assert not commands.touched_by("*a" * 100 + "b", "A=1 " * 3000)


PROTECTED = [
    ".git/config", ".GIT/hooks/pre-commit", ".git./config", ".git /config", ".gi\u200bt/config", ".git", "GIT~1/config",
    "sub/.git", "sub/.git/modules/x/config", "dispatch.toml", "Dispatch.TOML", "d\u0131spatch.toml",
    "dispat\u0441h.toml",
    "\uff44ispatch.toml", ".dispatch/agents/x.md", ".vscode/settings.json", ".Vscode/tasks.json", "x.code-workspace",
    ".idea/x", ".zed/x", ".nvim.lua", ".exrc", ".envrc", ".husky/pre-push", ".mcp.json", ".claude/settings.json",
    ".github/workflows/ci.yml", ".GitHub/Workflows/ci.yml", "AGENTS.md", "sub/CLAUDE.md", ".npmrc", ".gitmodules",
    "/home/me/.bashrc", "/home/me/.ssh/authorized_keys", "/home/me/.config/gcloud/x", "/home/me/.aws/credentials",
    ".env", ".env.local", "/var/state/dispatch/trust.json",
]  # fmt: skip
PLAIN = [
    "a.py", "git/config", ".github/dependabot.yml", ".gitignore", ".gitattributes", "src/environment.py", "dispatch.py",
    "docs/agents.rst", "src/.hidden/a", "id_generator.py", "key.py",
]  # fmt: skip
OWN = (Path("/var/state/dispatch"),)


@pytest.mark.parametrize("path", PROTECTED)
def test_protected_whatever_is_allowed(path: str) -> None:
    everything = Permissions(allow_directories=["/"], edit={"**": "allow", "*": "allow", "/**": "allow"})
    policy = Policy({Operation.WRITE: tuple(Rule("edit", p, a) for p, a in everything.edit.items())}, ROOTS, OWN)
    grants = [Grant(Operation.WRITE, "directory", "/"), Grant(Operation.WRITE, "exact", str(WS / path))]
    verdict = judge(access(Operation.WRITE, WS / path), policy, grants)
    assert (verdict.action, verdict.offer) == ("ask", "once")
    assert "protected" in verdict.reason


@pytest.mark.parametrize("path", PLAIN)
def test_not_protected(path: str) -> None:
    assert protected.written(WS / path, OWN) is None
    assert protected.read(WS / path, OWN) is None


SECRET = [
    ".env", "deep/.env.production", ".ENV", "key.pem", "server.KEY", "/home/me/.ssh/id_ed25519", ".netrc",
    "/home/me/.aws/credentials", "id_rsa", "/var/state/dispatch/ledger.db", ".envrc",
]  # fmt: skip
READABLE = [".env.example", ".env.sample", ".git/config", "dispatch.toml", ".vscode/settings.json", "a.py"]


@pytest.mark.parametrize("path", SECRET)
def test_reading_secrets_is_asked(path: str) -> None:
    assert protected.read(WS / path, OWN)


@pytest.mark.parametrize("path", READABLE)
def test_reading_others_is_not(path: str) -> None:
    assert protected.read(WS / path, OWN) is None


def test_containment_goes_by_components() -> None:
    assert is_within(Path("/ws/a"), (Path("/ws"),))
    assert is_within(Path("/ws"), (Path("/ws"),))
    assert not is_within(Path("/ws-evil/a"), (Path("/ws"),))
    assert not is_within(Path("/ws/../etc"), (Path("/ws"),))


def access(operation: Operation, *paths: Path, target: str = "x", session: str = "ses_1") -> Access:
    return Access(
        session_id=session, item_id="itm_1", operation=operation, target=target, paths=paths, title="T", tool="t"
    )


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
    st.sampled_from(["/srv/a", "/home/me/x.py", "/"]),
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
    ["a.py", "src/a.py", "src/deep/b", "/etc/passwd", "/home/me/x", "/srv/data/x", ".env"]
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
