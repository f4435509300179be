"""Commands and wildcards against patterns: what an allowance means, and what a deny can't be dodged by."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch_ls.permissions import commands
from dispatch_ls.permissions.rules import Rule, for_command
from dispatch_ls.permissions.wildcards import matches, matches_parts

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
