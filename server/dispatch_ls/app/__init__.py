"""The one place where the parts are put together; imported by the command line and by tests alone."""

import argparse
import asyncio
import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dispatch_ls.agents.tell import Tell
    from dispatch_ls.editor.host import Build, Host
    from dispatch_ls.editor.jsonrpc import JsonObject
    from dispatch_ls.languages.publishing import Publish
    from dispatch_ls.tools.buffers import Buffers


def serve(options: argparse.Namespace) -> int:
    """Serve one editor on stdin and stdout until it leaves; returns the exit code."""
    del options  # there is nothing to choose yet
    from dispatch_ls.config.paths import Paths
    from dispatch_ls.editor.stdio import serve as serve_stdio

    paths = Paths.of(os.environ, Path.home())
    return serve_stdio(build, state=paths.state, cache=paths.cache)


async def build(
    workspace: Path,
    *,
    trusted: bool | None,
    settings: "JsonObject",
    tell: "Tell",
    buffers: "Buffers",
    publish: "Publish",
) -> "Host":
    """The host of a workspace. All that is slow to load is loaded here, after the editor has its answer."""
    opening = await asyncio.to_thread(_load)
    return await opening(workspace, trusted=trusted, settings=settings, tell=tell, buffers=buffers, publish=publish)


def _load() -> "Build":
    from dispatch_ls.app.opening import open_workspace

    return open_workspace
