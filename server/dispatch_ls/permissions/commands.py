"""Shell commands against patterns, by their text. Whoever parses commands replaces this file.

An allowance speaks only about a plain command of plain words, or about exactly the text it names. A deny or ask is
looked for in everything that could be a command of its own.
"""

import re
from collections.abc import Iterator

from dispatch_ls.permissions.wildcards import matches

LONGEST = 10_000
"""Characters; a longer command is asked about, whatever is allowed."""

_MOST_FORMS = 100
_SHELL = frozenset(";|&<>`$()\\{}~*?[]!#")
_SEPARATORS = re.compile(r"[;|&\n\r()`{}<>]|\$\(")
_WRAPPERS = frozenset(
    [
        "sudo",
        "doas",
        "env",
        "command",
        "builtin",
        "exec",
        "eval",
        "nohup",
        "nice",
        "time",
        "timeout",
        "stdbuf",
        "setsid",
        "xargs",
        "busybox",
        "watch",
        "!",
        "then",
        "do",
        "else",
        "if",
        "while",
        "until",
        "elif",
    ]
)
_RUNS_TEXT = re.compile(r"\b(?:sh|bash|dash|zsh|ksh|fish|eval|su|ssh|xargs|env|watch|trap|source)\b")
_BOUNDARY = re.compile(r"\W")

_GENERAL = [
    "npm run *",
    "pnpm run *",
    "yarn run *",
    "bun run *",
    "uv run pytest",
    "uv run mypy",
    "uv run ruff",
    "python -m pytest",
    "python3 -m pytest",
    "python -m mypy",
    "poetry run pytest",
    "git status",
    "git diff",
    "git log",
    "git show",
    "git add",
    "git commit",
    "git blame",
    "npm test",
    "pnpm test",
    "yarn test",
    "bun test",
    "cargo test",
    "cargo build",
    "cargo check",
    "cargo clippy",
    "cargo fmt",
    "go test",
    "go build",
    "go vet",
    "make test",
    "make check",
    "make lint",
    "make build",
    "gradle test",
    "mvn test",
    "dotnet test",
    "pytest",
    "mypy",
    "ruff",
    "eslint",
    "tsc",
    "jest",
    "vitest",
    "prettier",
    "basedpyright",
    "pyright",
    "tox",
    "nox",
]
"""Commands whose arguments a user would want to leave open; the longest form that fits counts."""


def is_plain(command: str) -> bool:
    """Whether a command is one program with plain words: nothing that a shell would act on."""
    return (
        len(command) <= LONGEST
        and command.isprintable()
        and not _SHELL & set(command)
        and not re.match(r"\w+=", command)
    )


def allowed_by(pattern: str, command: str) -> bool:
    """Whether an allowance means this command; a `*` behind a word does not go on within the word."""
    if pattern == command:
        return True
    if not is_plain(command):
        return False
    if pattern.endswith(" *") and matches(pattern[:-2], command):
        return True
    if not re.search(r"\w\*$", pattern):
        return matches(pattern, command)
    word = pattern[:-1]
    ends = [len(command), *(match.start() for match in _BOUNDARY.finditer(command))]
    return any(matches(word, command[:end]) for end in ends)


def touched_by(pattern: str, command: str) -> bool:
    """Whether a deny or ask means any part of this command."""
    wanted = " ".join(pattern.split())
    return any(_means(wanted, part) for part in (command, *_parts(command)))


def general_form(command: str) -> str | None:
    """The pattern that a user would want to allow with this command, such as `npm run test *`; None for most."""
    words = command.split(" ")
    if not is_plain(command) or "" in words or '"' in command or "'" in command:
        return None
    for known in _GENERAL:
        start = " ".join(words[: known.count(" ") + 1])
        if matches(known, start) and start.count(" ") == known.count(" "):
            return f"{start} *"
    return None


def _means(pattern: str, part: str) -> bool:
    if pattern.endswith(" *") and matches(pattern[:-2], part):
        return True
    return matches(pattern, part, never=";|&\n")


def _parts(command: str) -> Iterator[str]:
    """All that may be a simple command: split at what separates, without quotes, wrappers, assignments, directories."""
    command = re.sub(r"\\\n", "", command)
    command = re.sub(r"\$IFS\b|\$\{IFS[^}]*\}", " ", command)
    pieces = _SEPARATORS.split(command)
    if _RUNS_TEXT.search(command):
        pieces += _SEPARATORS.split(re.sub(r"[\"']", ";", command))
    for piece in pieces:
        words = re.sub(r"[\"'\\]|\$(?=[\"'])", "", piece).split()
        yield from _unwrapped(words)


def _unwrapped(words: list[str]) -> Iterator[str]:
    """The command, and what it would run where it begins with a wrapper (`sudo -u me …`) or assignments."""
    ordinary = 0
    for start in range(max(1, min(len(words), _MOST_FORMS))):
        yield " ".join(words[start:])
        if start < len(words):
            yield " ".join([words[start].rpartition("/")[2], *words[start + 1 :]])
            ordinary += not (words[start] in _WRAPPERS or words[start].startswith("-") or "=" in words[start])
        if ordinary and (ordinary > 2 or not _is_wrapped(words)):
            return


def _is_wrapped(words: list[str]) -> bool:
    first = words[0].rpartition("/")[2]
    return first in _WRAPPERS or re.match(r"\w+\+?=", first) is not None
