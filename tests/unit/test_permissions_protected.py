"""Files that are asked about each time, whatever is allowed, and however their names are written."""

from pathlib import Path

import pytest

from dispatch_ls.config.settings import Permissions
from dispatch_ls.permissions import protected
from dispatch_ls.permissions.grants import Grant
from dispatch_ls.permissions.judge import Policy, judge
from dispatch_ls.permissions.rules import Rule
from dispatch_ls.protocol.permissions import Operation
from support.permissions import ROOTS, WS, access

PROTECTED = [
    ".git/config", ".GIT/hooks/pre-commit", ".git./config", ".git /config", ".gi\u200bt/config", ".git", "GIT~1/config",
    "sub/.git", "sub/.git/modules/x/config", "dispatch.toml", "Dispatch.TOML", "d\u0131spatch.toml",
    "dispat\u0441h.toml",
    "\uff44ispatch.toml", ".dispatch/agents/x.md", ".vscode/settings.json", ".Vscode/tasks.json", "x.code-workspace",
    ".idea/x", ".zed/x", ".nvim.lua", ".exrc", ".envrc", ".husky/pre-push", ".mcp.json", ".claude/settings.json",
    ".github/workflows/ci.yml", ".GitHub/Workflows/ci.yml", "AGENTS.md", "sub/CLAUDE.md", ".npmrc", ".gitmodules",
    "/people/me/.bashrc", "/people/me/.ssh/authorized_keys", "/people/me/.config/gcloud/x",
    "/people/me/.aws/credentials",
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
    ".env", "deep/.env.production", ".ENV", "key.pem", "server.KEY", "/people/me/.ssh/id_ed25519", ".netrc",
    "/people/me/.aws/credentials", "id_rsa", "/var/state/dispatch/ledger.db", ".envrc",
]  # fmt: skip
READABLE = [".env.example", ".env.sample", ".git/config", "dispatch.toml", ".vscode/settings.json", "a.py"]


@pytest.mark.parametrize("path", SECRET)
def test_reading_secrets_is_asked(path: str) -> None:
    assert protected.read(WS / path, OWN)


@pytest.mark.parametrize("path", READABLE)
def test_reading_others_is_not(path: str) -> None:
    assert protected.read(WS / path, OWN) is None
