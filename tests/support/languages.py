"""Workspaces with real language servers."""

import fcntl
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from dispatch_ls.languages.checks import Check
from dispatch_ls.languages.pool import Languages
from dispatch_ls.languages.positions import real
from dispatch_ls.languages.registry import BUILT_IN
from dispatch_ls.languages.spec import ServerSpec
from dispatch_ls.protocol.items import Problem

FAKE = Path(__file__).with_name("fake_language_server.py")
NODE = Path(__file__).parents[1] / "languages" / "typescript"
LONG = 60.0


@dataclass(frozen=True)
class Project:
    """A workspace and its servers."""

    root: Path
    languages: Languages

    def put(self, name: str, text: str) -> Path:
        """Writes a file and tells nobody."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
        return path

    async def write(self, name: str, text: str) -> Path:
        """Writes a file as an agent does."""
        path = self.put(name, text)
        await self.languages.written(path, text)
        return path

    async def check(self, *names: str, deadline: float = LONG, others: int = 5) -> Check:
        """Asks about files."""
        return await self.languages.check([self.root / name for name in names], deadline, others)

    async def messages(self, name: str) -> list[str]:
        """The messages about one file, from answers that all count."""
        check = await self.check(name)
        assert check.complete, check.summary
        return [problem.message for problem in self.problems(check, name)]

    def problems(self, check: Check, name: str) -> list[Problem]:
        """What was found in one file."""
        return check.problems[self.root / name]


@asynccontextmanager
async def project(
    folder: Path,
    files: Mapping[str, str] | None = None,
    *,
    trusted: bool = True,
    specs: list[ServerSpec] | None = None,
    environment: Mapping[str, str] | None = None,
) -> AsyncIterator[Project]:
    """A workspace whose servers have ended when the block does."""
    root = real(folder)
    known = BUILT_IN if specs is None else specs
    languages = Languages(root, environment=environment or os.environ, trusted=trusted, built_in=known)
    made = Project(root, languages)
    for name, text in (files or {}).items():
        made.put(name, text)
    try:
        yield made
    finally:
        await languages.close()
        assert not running(lambda line: str(root) in line or "fake_language_server" in line)


def running(matches: Callable[[str], bool]) -> list[psutil.Process]:
    """Children of this process, by their command line."""
    children = psutil.Process().children(recursive=True)
    return [child for child in children if matches(_line(child))]


def _line(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""


def fake(behaviour: str, log: Path | None = None, **options: object) -> ServerSpec:
    """A scripted server for `.fake` files; `log` gets every message it receives, one JSON a line."""
    command = (sys.executable, "-S", str(FAKE), behaviour, str(log or ""))
    known = {"id": "fake", "command": command, "languages": {".fake": "fake"}, "restart_pause": 0.01}
    return ServerSpec(**{**known, **options})  # type: ignore[arg-type] # fields of the spec


def node_modules() -> Path:
    """The TypeScript servers of `languages/typescript`, installed where they are missing; safe in parallel."""
    modules = NODE / "node_modules"
    with (NODE / "package-lock.json").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (modules / ".complete").exists():
            subprocess.run(["npm", "ci", "--no-audit", "--no-fund"], cwd=NODE, check=True, capture_output=True)
            (modules / ".complete").touch()
    return modules


def link_typescript(root: Path, package: str, *, with_server: bool) -> None:
    """Gives a workspace its own TypeScript (`typescript` or `typescript-native`), as npm would have laid it out."""
    modules = node_modules()
    programs = root / "node_modules" / ".bin"
    programs.mkdir(parents=True)
    (root / "node_modules" / "typescript").symlink_to(modules / package)
    (programs / "tsc").symlink_to(modules / package / "bin" / "tsc")
    if with_server:
        server = modules / "typescript-language-server" / "lib" / "cli.mjs"
        (programs / "typescript-language-server").symlink_to(server)
