"""A workspace with a scripted model, and the real server on it, over real stdio."""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from support.lsp_client import LspClient

CONFIG = """\
version = 1

[[keys]]
id = "script"
provider = "scripted"
base_url = {script}

[[models]]
id = "scripted"
provider = "scripted"
"""

Line = Mapping[str, Any]


@dataclass(frozen=True)
class Site:
    """Everything lies below `base`: the workspace, the user's configuration, the server's state."""

    base: Path

    @classmethod
    def made(cls, base: Path, lines: Sequence[Line] = (), files: Mapping[str, str] | None = None) -> "Site":
        """With a script, and files of the workspace."""
        site = cls(base.resolve())
        site.root.mkdir(parents=True)
        for name, text in (files or {}).items():
            path = site.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text.encode())
        site.config.parent.mkdir(parents=True)
        site.config.write_text(CONFIG.format(script=json.dumps(site.script.as_uri())), encoding="utf-8")
        site.play(lines)
        return site

    @property
    def root(self) -> Path:
        """The workspace."""
        return self.base / "workspace"

    @property
    def config(self) -> Path:
        """The user's dispatch.toml."""
        return self.base / "config" / "dispatch" / "dispatch.toml"

    @property
    def script(self) -> Path:
        """What the model says."""
        return self.base / "model.jsonl"

    @property
    def state(self) -> Path:
        """Where the server keeps its log."""
        return self.base / "state" / "dispatch"

    @property
    def environment(self) -> dict[str, str]:
        """Of the server: nothing of this machine's user."""
        homes = {f"XDG_{name.upper()}_HOME": str(self.base / name) for name in ("config", "state", "cache")}
        return {**homes, "HOME": str(self.base / "home")}

    def play(self, lines: Sequence[Line]) -> None:
        """Let the model say something else."""
        self.script.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")

    @asynccontextmanager
    async def serve(self, *, trusted: bool = False, **more: Any) -> AsyncIterator[LspClient]:
        """A server that is killed in the end, with a client that has greeted it."""
        async with await LspClient.start(cwd=self.root, env=self.environment) as client:
            await client.initialize(self.root, options={"trusted": trusted}, **more)
            yield client


def call(name: str, **arguments: Any) -> dict[str, Any]:
    """A tool call of the script."""
    return {"name": name, "arguments": arguments}


async def answer(
    client: LspClient, permission: Mapping[str, Any], decision: str = "allow", scope: str = "once"
) -> bool:
    """Reply to a request; whether it counted."""
    reply = {"permissionId": permission["permissionId"], "decision": decision, "scope": scope}
    return bool((await client.request("dispatch/permission/reply", reply))["accepted"])
