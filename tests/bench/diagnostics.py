"""How much later the answers of real language servers are when they come through Dispatch, and whether any is old."""

import asyncio
import contextlib
import statistics
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from bench.harness import Bench, Figure, Sample
from bench.place import Editor, Place
from bench.streams import timed
from bench.texts import MODULE, module_text
from support.lsp_client import LspClient

CHANGE = Figure("diagnostics after a change of the editor's text", "ms", "ratio", 1.1)
WRITE = Figure("diagnostics after an agent's write, the write included", "ms", "ratio")
STALE = Figure("stale or missing answers in 100 rounds of break and mend", "", "value", 0)

ROUNDS = 40
SERVERS = (("basedpyright-langserver", "--stdio"), ("ruff", "server"))
CAPABILITIES = {
    "textDocument": {"diagnostic": {"dynamicRegistration": False}, "synchronization": {"didSave": True}},
    "workspace": {"configuration": True, "didChangeWatchedFiles": {"dynamicRegistration": True}},
}


class Direct:
    """The same servers, asked by hand: the least that has to be done for an answer."""

    def __init__(self, servers: list[LspClient], file: Path) -> None:
        self._servers = servers
        self._file = file
        self._version = 1

    @classmethod
    @contextlib.asynccontextmanager
    async def on(cls, place: Place, file: Path) -> AsyncIterator["Direct"]:
        """Both started, with the file open."""
        async with contextlib.AsyncExitStack() as stack:
            servers = [
                await stack.enter_async_context(await LspClient.start(command, cwd=place.workspace, env=place.env))
                for command in SERVERS
            ]
            for server in servers:
                server.answers |= {
                    "workspace/configuration": lambda params: [None] * len(params["items"]),
                    "client/registerCapability": lambda _: None,
                    "client/unregisterCapability": lambda _: None,
                    "window/workDoneProgress/create": lambda _: None,
                }
                await server.initialize(place.workspace, capabilities=CAPABILITIES, dispatch=False)
                server.notify("textDocument/didOpen", opened(file))
            direct = cls(servers, file)
            await direct.ask()
            yield direct
            # one of them is a launcher: killed, it would leave its server behind
            await asyncio.gather(*(server.shut_down() for server in servers))

    async def change(self, text: str) -> None:
        """The text is another now: until all have answered."""
        self._version += 1
        document = {"uri": self._file.as_uri(), "version": self._version}
        for server in self._servers:
            server.notify("textDocument/didChange", {"textDocument": document, "contentChanges": [{"text": text}]})
        await self.ask()

    async def write(self, text: str) -> None:
        """The file is written: until all have answered."""
        await asyncio.to_thread(self._file.write_text, text, encoding="utf-8")
        await self.change(text)

    async def ask(self) -> None:
        """The problems of the file, from all."""
        asked = {"textDocument": {"uri": self._file.as_uri()}}
        await asyncio.gather(*(server.request("textDocument/diagnostic", asked) for server in self._servers))


def opened(file: Path) -> dict[str, Any]:
    """Parameters of `textDocument/didOpen`."""
    text = file.read_text(encoding="utf-8")
    return {"textDocument": {"uri": file.as_uri(), "languageId": "python", "version": 1, "text": text}}


def buffers(place: Place) -> Bench:
    """The editor types, and asks what the problems are."""

    async def run() -> dict[str, Sample]:
        file = fresh(place)
        async with place.serve() as editor, Direct.on(place, file) as direct:
            editor.notify("textDocument/didOpen", opened(file))
            await settled(editor, file)
            ours, floor = [], []
            for edition in range(1, ROUNDS + 1):
                text = module_text(edition)
                floor.append(await timed(direct.change(text)))
                ours.append(await timed(changed(editor, file, edition, text)))
        return {CHANGE.name: Sample(statistics.median(ours), statistics.median(floor))}

    return Bench((CHANGE,), run)


async def changed(editor: Editor, file: Path, edition: int, text: str) -> None:
    """A change of the editor, to the right answer."""
    document = {"uri": file.as_uri(), "version": edition + 1}
    editor.notify("textDocument/didChange", {"textDocument": document, "contentChanges": [{"text": text}]})
    answer = await editor.request("dispatch/language/diagnostics", {"uri": file.as_uri()})
    errors = [one for one in answer["problems"] if one["severity"] == "error"]
    if len(errors) != edition % 2:
        raise RuntimeError(f"edition {edition}: {errors}, {answer['answers']}")


async def settled(editor: Editor, file: Path) -> None:
    """Until every server has started and answered."""
    async with asyncio.timeout(60):
        while True:
            answer = await editor.request("dispatch/language/diagnostics", {"uri": file.as_uri()})
            if all(one["status"] in ("fresh", "settled") for one in answer["answers"]):
                return


def writes(place: Place) -> Bench:
    """An agent breaks and mends a file 100 times; the result of each edit must say what this edit did."""

    async def run() -> dict[str, Sample]:
        file = fresh(place)
        async with place.serve() as editor:
            await editor.turn(await editor.session("edits-4"))
            fresh(place)
            session_id = await editor.session("edits-200")
            clock = Clock()
            editor.glance = clock.glance
            await editor.turn(session_id)
        async with Direct.on(place, fresh(place)) as direct:
            floor = [await timed(direct.write(module_text(edition))) for edition in range(1, ROUNDS + 1)]
        if len(clock.took) != 200:
            raise RuntimeError(f"{len(clock.took)} edits instead of 200, of {file}")
        return {
            WRITE.name: Sample(statistics.median(clock.took), statistics.median(floor)),
            STALE.name: Sample(sum(clock.wrong)),
        }

    return Bench((WRITE, STALE), run)


class Clock:
    """How long each edit took, as the editor sees it, and whether its answer was about another text."""

    def __init__(self) -> None:
        self.took: list[float] = []
        self.wrong: list[bool] = []
        self._began: dict[str, float] = {}

    def glance(self, message: dict[str, Any]) -> bool:
        """Look at the events; leave them to others."""
        for event in message["params"]["events"] if message.get("method") == "dispatch/events" else []:
            if event["type"].startswith("item.") and (item := event["itemId"]):
                self._take(item, event["data"])
        return False

    def _take(self, item: str, data: dict[str, Any]) -> None:
        if data.get("status") == "running":
            self._began[item] = time.perf_counter()
        elif data.get("status") == "completed" and item in self._began:
            self.took.append((time.perf_counter() - self._began.pop(item)) * 1000)
            self.wrong.append(not right(data["diagnostics"], edition=len(self.took)))


def right(change: dict[str, Any], *, edition: int) -> bool:
    """Whether the answer is about this edition: an odd one broke the file, an even one mended it."""
    new = [one for one in change.get("new", []) if one["severity"] == "error"]
    fixed = [one for one in change.get("fixed", []) if one["severity"] == "error"]
    return (len(new), len(fixed)) == ((1, 0) if edition % 2 else (0, 1))


def fresh(place: Place) -> Path:
    """The module as it is at first."""
    file = place.workspace / MODULE
    file.write_text(module_text(0), encoding="utf-8")
    return file
