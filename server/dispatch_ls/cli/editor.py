"""What an editor does around one problem: opens the workspace, asks for problems, chooses a fix, follows along."""

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

from pydantic import JsonValue

from dispatch_ls.cli.client import Client
from dispatch_ls.cli.project import CHECKER, Project
from dispatch_ls.protocol.base import JsonObject
from dispatch_ls.protocol.events import Delta, Event, Events
from dispatch_ls.protocol.items import Problem
from dispatch_ls.protocol.methods import PermissionReply, Problems, QuestionReply, Snapshot
from dispatch_ls.protocol.names import PROTOCOL_VERSION

SERVE = (sys.executable, "-m", "dispatch_ls", "serve")
SETTLED = 90.0
"""Seconds for the language server to start and to answer."""

_AGAIN = 0.1


class Failed(Exception):
    """The demo can't go on; one line for the user."""


class Editor:
    """One workspace, open in a server of its own."""

    def __init__(self, client: Client) -> None:
        self._client = client

    @classmethod
    @contextlib.asynccontextmanager
    async def open(cls, project: Project, *, scripted: bool) -> AsyncIterator["Editor"]:
        """Start the server, open the project as one that the user trusts; the server ends with the context."""
        environment = project.environment(scripted=scripted)
        log = project.base / "server.log"
        client = await Client.start(SERVE, cwd=project.root, env=environment, stderr=log)
        try:
            await client.request("initialize", opening(project.root))
            client.notify("initialized")
            yield cls(client)
        finally:
            await client.close()

    async def problems(self, file: Path) -> list[Problem]:
        """The settled answer of the type checker and whoever else knows the file."""
        try:
            async with asyncio.timeout(SETTLED):
                # a server that is still starting says so at once
                while (found := await self._problems_now(file)) is None:  # noqa: ASYNC110 - no event tells it
                    await asyncio.sleep(_AGAIN)
        except TimeoutError:
            raise Failed(f"{CHECKER} gave no answer in {SETTLED:.0f} s.") from None
        return found

    async def _problems_now(self, file: Path) -> list[Problem] | None:
        result = await self._client.request("dispatch/language/diagnostics", {"uri": file.as_uri()})
        answer = Problems.model_validate(result)
        checker = next((one for one in answer.answers if one.server == CHECKER), None)
        if checker is not None and checker.status in ("unavailable", "error"):
            raise Failed(f"{CHECKER}: {checker.detail or checker.status}")
        return answer.problems if checker is not None and checker.status in ("fresh", "settled") else None

    async def use_model(self, model: str) -> None:
        """Have a fresh session with that model ready."""
        await self._client.request("dispatch/session/new", {"model": model})

    async def fix(self, problem: Problem) -> str:
        """Choose "Fix with Dispatch" on the problem; the id of the session that works on it."""
        diagnostic = diagnostic_of(problem)
        document: JsonObject = {"uri": problem.uri}
        context: JsonObject = {"diagnostics": [diagnostic]}
        actions = await self._client.request(
            "textDocument/codeAction", {"textDocument": document, "range": diagnostic["range"], "context": context}
        )
        chosen = next(command for command in commands_of(actions) if command["command"] == "dispatch.fix")
        started = await self._client.request(
            "workspace/executeCommand", {"command": chosen["command"], "arguments": chosen["arguments"]}
        )
        return str(started["sessionId"]) if isinstance(started, dict) else ""

    async def follow(self, session_id: str) -> AsyncIterator[Event | Delta]:
        """The session from its first event on, as it goes on."""
        opened = await self._client.request("dispatch/session/open", {"sessionId": session_id})
        snapshot = Snapshot.model_validate(opened)
        for event in snapshot.events:
            yield event
        while True:
            news = await self._client.news()
            if (
                news.method == "$/dispatch/delta"
                and (delta := Delta.model_validate(news.params)).session_id == session_id
            ):
                yield delta
            elif (
                news.method == "dispatch/events"
                and (told := Events.model_validate(news.params)).session_id == session_id
            ):
                for event in told.events:
                    # what came before the snapshot is in it
                    if event.seq > snapshot.seq:
                        yield event

    async def permit(self, reply: PermissionReply) -> None:
        """Answer a request for permission."""
        await self._client.request("dispatch/permission/reply", reply.wire())

    async def answer(self, reply: QuestionReply) -> None:
        """Answer the agent's question."""
        await self._client.request("dispatch/question/reply", reply.wire())

    async def cancel(self, session_id: str) -> None:
        """Stop the session's turn."""
        await self._client.request("dispatch/session/cancel", {"sessionId": session_id, "scope": "tree"})


def opening(root: Path) -> JsonObject:
    """The parameters of `initialize`."""
    literals: JsonObject = {"codeActionLiteralSupport": {"codeActionKind": {"valueSet": ["quickfix"]}}}
    return {
        "processId": None,
        "rootUri": root.as_uri(),
        "workspaceFolders": [{"uri": root.as_uri(), "name": root.name}],
        "capabilities": {
            "experimental": {"dispatch": {"protocolVersion": PROTOCOL_VERSION}},
            "textDocument": {"codeAction": literals},
        },
        "initializationOptions": {"trusted": True},
    }


def diagnostic_of(problem: Problem) -> JsonObject:
    """The problem as an LSP diagnostic; the sample is ASCII, so that columns count the same everywhere."""
    start = (problem.line - 1, problem.column - 1)
    end = ((problem.end_line or problem.line) - 1, (problem.end_column or problem.column) - 1)
    positions: list[JsonObject] = [{"line": line, "character": column} for line, column in (start, end)]
    return {
        "range": {"start": positions[0], "end": positions[1]},
        "severity": 1,
        "message": problem.message,
        "source": problem.source,
        "code": problem.code,
    }


def commands_of(actions: JsonValue) -> Iterator[JsonObject]:
    """The command of each code action."""
    for action in actions if isinstance(actions, list) else []:
        command = action.get("command") if isinstance(action, dict) else None
        if isinstance(command, dict):
            yield command
