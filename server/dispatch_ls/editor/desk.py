"""Where an editor and the host meet: loaded after `initialized`, since all of it needs the protocol's shapes."""

import asyncio
import logging
from collections.abc import Sequence
from pathlib import Path

from dispatch_ls.editor.client import Client
from dispatch_ls.editor.commands import Commands
from dispatch_ls.editor.diagnostics import diagnostic_of
from dispatch_ls.editor.documents import Documents
from dispatch_ls.editor.host import Host
from dispatch_ls.editor.jsonrpc import Json, RpcError
from dispatch_ls.editor.plain import PlainNews
from dispatch_ls.editor.requests import Requests
from dispatch_ls.editor.rpc import Rpc
from dispatch_ls.editor.subscriptions import Subscriptions
from dispatch_ls.protocol.events import Delta, Events
from dispatch_ls.protocol.items import Problem

_log = logging.getLogger(__name__)


class Desk:
    """One editor's requests, commands and news. It is the host's `Tell`."""

    def __init__(self, rpc: Rpc, client: Client, documents: Documents, state: Path) -> None:
        self._rpc = rpc
        self._client = client
        self._documents = documents
        self._state = state
        self._subscriptions = Subscriptions(rpc)
        self._plain = PlainNews(rpc, client, self._show_transcript)
        self._host: Host | None = None
        self._showing: set[asyncio.Task[None]] = set()

    async def serve(self, host: Host) -> None:
        """Everything is passed on to that host."""
        self._host = host
        self._requests = Requests(host, self._subscriptions)
        self._commands = Commands(host, self._documents, self._state, self._show, self._plain.questions)
        if not self._client.negotiated:
            await self._plain.serve(host)

    def tell(self, news: Events | Delta) -> None:
        """Take one piece of news (port `Tell`)."""
        try:
            (self._subscriptions if self._client.negotiated else self._plain).tell(news)
        except Exception:
            _log.exception("news of %s could not be told", news.session_id)

    def publish(self, uri: str, problems: Sequence[Problem]) -> None:
        """Show the problems of an open file (port `Publish`)."""
        text = self._documents.text(uri) or ""
        self._rpc.notify(
            "textDocument/publishDiagnostics",
            {"uri": uri, "diagnostics": [diagnostic_of(problem, text) for problem in problems]},
        )

    async def answer(self, method: str, params: Json) -> object:
        """A `dispatch/*` request."""
        return await self._requests.answer(method, params)

    async def execute(self, params: Json) -> object:
        """A command."""
        return await self._commands.execute(params)

    def progress_cancelled(self, params: Json) -> None:
        """The user has cancelled a progress bar."""
        self._plain.progress_cancelled(params)

    async def close(self) -> None:
        """Close the host, then what is on the screen."""
        host, self._host = self._host, None
        if host:
            await host.close()
        for task in self._showing:
            task.cancel()
        await asyncio.gather(*self._showing, return_exceptions=True)
        await self._plain.close()
        self._subscriptions.close()

    async def _show_transcript(self, session_id: str) -> None:
        await self._commands.open_transcript(session_id)

    def _show(self, file: Path) -> None:
        """Not waited for: an editor that runs a command synchronously could not answer meanwhile."""
        if self._client.shows_documents:
            task = asyncio.get_running_loop().create_task(self._show_document(file))
            self._showing.add(task)
            task.add_done_callback(self._showing.discard)

    async def _show_document(self, file: Path) -> None:
        try:
            await self._rpc.ask("window/showDocument", {"uri": file.as_uri(), "takeFocus": True})
        except RpcError as error:
            _log.info("the editor did not show %s: %s", file.name, error)
