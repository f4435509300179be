"""Where benches run: a provider, a home with its configuration, a workspace, and the real server on it."""

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Self

import httpx

from support.conversation import prompt
from support.lsp_client import SERVE, LspClient

MODELS = ("deltas-1000", "deltas-20000", "steps-5", "steps-50", "paced-50-50", "paced-500-50", "edits-4", "edits-200")

TESTS = Path(__file__).parents[1]


@dataclass(frozen=True)
class Place:
    """One home; `url` is the provider's."""

    base: Path
    url: str

    @classmethod
    @contextlib.asynccontextmanager
    async def made(cls) -> AsyncIterator["Place"]:
        """All of it, gone afterwards."""
        with TemporaryDirectory(prefix="dispatch-bench-") as name:
            async with process("bench.model_server") as provider:
                assert provider.stdout
                port = int(await provider.stdout.readline())
                place = cls(Path(name), f"http://127.0.0.1:{port}/v1")
                place.furnish()
                yield place

    @property
    def workspace(self) -> Path:
        """What the server opens."""
        return self.base / "workspace"

    @property
    def env(self) -> dict[str, str]:
        """For the server and the floors."""
        homes = {f"XDG_{name.upper()}_HOME": str(self.base / name) for name in ("config", "state", "cache")}
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        # as on a user's machine: modules are compiled once
        return {**homes, "PATH": path, "PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(self.base / "pyc")}

    def furnish(self) -> None:
        """Write the configuration and the files that are read."""
        config = self.base / "config" / "dispatch"
        config.mkdir(parents=True)
        models = "".join(f'[[models]]\nid = "{model}"\nprovider = "openai-compatible"\n' for model in MODELS)
        key = f'[[keys]]\nid = "bench"\nprovider = "openai-compatible"\nbase_url = "{self.url}"\n'
        rules = '[permissions.edit]\n"*" = "allow"\n[limits]\nsteps = 500\n'
        defaults = f'[defaults]\nmodel = "{MODELS[0]}"\n'
        (config / "dispatch.toml").write_text(f"version = 1\n{key}{models}{defaults}{rules}", encoding="utf-8")
        self.workspace.mkdir()
        (self.workspace / "pyproject.toml").write_text('[project]\nname = "bench"\nversion = "1"\n', encoding="utf-8")
        for number in range(50):
            (self.workspace / f"file_{number}.txt").write_text(f"line of {number}\n" * 20, encoding="utf-8")

    @contextlib.asynccontextmanager
    async def serve(self) -> AsyncIterator["Editor"]:
        """The real server, with its workspace open."""
        async with await Editor.start(SERVE, cwd=self.workspace, env=self.env) as editor:
            await editor.initialize(self.workspace, options={"trusted": True})
            yield editor

    async def bodies(self) -> list[str]:
        """What the provider was sent since the last time."""
        async with httpx.AsyncClient() as client:
            got: list[str] = (await client.get(f"{self.url}/bodies")).json()
            return got


class Editor(LspClient):
    """An editor that can look at a message the moment it comes; what `glance` takes is not kept."""

    glance: Callable[[dict[str, Any]], bool] | None = None

    async def _take(self, message: dict[str, Any]) -> None:
        if self.glance is None or not self.glance(message):
            await super()._take(message)

    async def session(self, model: str) -> str:
        """A fresh session, opened."""
        session_id: str = (await self.request("dispatch/session/new", {"model": model}))["sessionId"]
        await self.request("dispatch/session/open", {"sessionId": session_id})
        return session_id

    async def turn(self, session_id: str, text: str = "Go.") -> dict[str, Any]:
        """A whole turn: what its end says."""
        before = len(self.events(session_id))
        await self.request("dispatch/session/prompt", prompt(session_id, text))
        return await self.ended(session_id, before)

    async def ended(self, session_id: str, before: int = 0) -> dict[str, Any]:
        """The end of the session's turn; an end in error is a failed bench."""
        ends = await self.wait_until(
            lambda: [one for one in self.events(session_id)[before:] if one["type"] == "turn.ended"]
        )
        data: dict[str, Any] = ends[0]["data"]
        if data["stopReason"] != "end_turn":
            raise RuntimeError(f"the turn ended otherwise: {data}")
        return data


class Bare:
    """The floor's process: posts bodies one after the other."""

    def __init__(self, running: asyncio.subprocess.Process) -> None:
        self._running = running

    @classmethod
    @contextlib.asynccontextmanager
    async def started(cls, env: Mapping[str, str]) -> AsyncIterator[Self]:
        """Ready to post."""
        async with process("bench.bare", env) as running:
            yield cls(running)

    async def post(self, url: str, bodies: list[str]) -> None:
        """All of them, and read what is written about them."""
        assert self._running.stdin
        assert self._running.stdout
        asked = {"url": f"{url}/chat/completions", "bodies": bodies}
        self._running.stdin.write(json.dumps(asked).encode() + b"\n")
        done = False
        while not done:
            head = await self._running.stdout.readuntil(b"\r\n\r\n")
            said = json.loads(await self._running.stdout.readexactly(int(head.partition(b":")[2])))
            done = said.get("done", False)


@contextlib.asynccontextmanager
async def process(module: str, env: Mapping[str, str] | None = None) -> AsyncIterator[asyncio.subprocess.Process]:
    """A module of the benches as a process, which ends with its standard input."""
    running = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        module,
        env={**os.environ, **(env or {}), "PYTHONPATH": str(TESTS)},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        yield running
    finally:
        assert running.stdin
        running.stdin.close()
        with contextlib.suppress(ProcessLookupError):
            running.terminate()
        await running.wait()
