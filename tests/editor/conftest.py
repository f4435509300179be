"""A server over real stdio for each test."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from pathlib import Path

import pytest

from support.conversation import new_session
from support.editor_server import command
from support.lsp_client import LspClient

Start = Callable[..., Awaitable[LspClient]]


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    place = tmp_path / "workspace"
    place.mkdir()
    return place


@pytest.fixture(scope="session")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Shared by all servers of the run, as on a user's machine."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
async def start(tmp_path: Path, compiled: Path) -> AsyncIterator[Start]:
    """Starts servers that end with the test; numbers are the outgoing queue's limits."""
    started: list[LspClient] = []

    async def one(*limits: int, env: Mapping[str, str] | None = None) -> LspClient:
        # modules are compiled once a run, even where this interpreter is told not to write them down
        compiling = {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(compiled / "pyc")}
        client = await LspClient.start(command(tmp_path / "state", compiled, *limits), env={**compiling, **(env or {})})
        started.append(client)
        return client

    yield one
    for client in started:
        await client.kill()


@pytest.fixture
async def client(start: Start, workspace: Path) -> LspClient:
    """A client that speaks `dispatch/*`, initialized."""
    client = await start()
    await client.initialize(workspace)
    return client


@pytest.fixture
async def session(client: LspClient) -> str:
    """A session that the client has opened."""
    return await new_session(client)
