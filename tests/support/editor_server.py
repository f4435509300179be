"""The real server over real stdio with a host that lives in memory and does what a prompt's first word says.

Run as a script: `editor_server.py STATE CACHE [HIGH_WATER CAP]`.
"""

import asyncio
import sys
from pathlib import Path
from typing import Any

from dispatch_ls.editor.outgoing import Limits
from dispatch_ls.editor.stdio import serve
from dispatch_ls.protocol.errors import Busy

SECRET = "sk-test-0123456789abcdef"


def command(state: Path, cache: Path, *limits: int) -> list[str]:
    """How to start it."""
    return [sys.executable, __file__, str(state), str(cache), *map(str, limits)]


async def build(workspace: Path, *, trusted: bool | None, settings: Any, tell: Any, buffers: Any, publish: Any) -> Any:
    """The host; its shapes are loaded here and not before. The setting `fail` says how building fails."""
    del publish
    if settings.get("fail") == "busy":
        raise Busy("Another server holds this workspace.")
    if settings.get("fail"):
        raise RuntimeError(f"no host with {SECRET}")
    return await asyncio.to_thread(_host, workspace, trusted, settings, tell, buffers)


def _host(workspace: Path, trusted: bool | None, settings: Any, tell: Any, buffers: Any) -> Any:
    from support.memory_host import MemoryHost

    return MemoryHost(workspace, trusted, settings, tell, buffers)


def main(arguments: list[str]) -> int:
    """Serve until the editor leaves."""
    state, cache, *limits = arguments
    chosen = Limits(*map(int, limits)) if limits else None
    return serve(build, state=Path(state), cache=Path(cache), limits=chosen)


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))
    sys.exit(main(sys.argv[1:]))
