"""The language server as pygls knows it: light, so that `initialize` is answered before anything else is loaded."""

import asyncio
import logging
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, cast

from lsprotocol import converters, types
from pygls.lsp.server import LanguageServer

from dispatch_ls import __version__
from dispatch_ls.editor.actions import KIND, code_actions
from dispatch_ls.editor.client import Client
from dispatch_ls.editor.documents import Documents
from dispatch_ls.editor.faults import rpc_error
from dispatch_ls.editor.host import Build
from dispatch_ls.editor.jsonrpc import METHOD_NOT_FOUND, Json, JsonObject, RpcError
from dispatch_ls.editor.logs import ToEditor
from dispatch_ls.editor.memory import settle
from dispatch_ls.editor.outgoing import Weight
from dispatch_ls.editor.rpc import Rpc
from dispatch_ls.protocol.names import COMMANDS, PROTOCOL_VERSION

if TYPE_CHECKING:
    from dispatch_ls.editor.desk import Desk

PACKAGE = "dispatch_ls"
"""The logger whose warnings the editor gets to see."""

_log = logging.getLogger(__name__)


class Dispatch(LanguageServer):
    """One editor. What needs the host waits for `desk`, which is opened after `initialized`."""

    def __init__(self, build: Build, state: Path) -> None:
        super().__init__("dispatch-ls", __version__, protocol_cls=Rpc, converter_factory=converters.get_converter)
        self.rpc = cast(Rpc, self.protocol)
        self.client = Client.of({})
        self.documents = Documents(self.rpc)
        self.on_client: Callable[[Client], None] = lambda _: None
        self._build = build
        self._state = state
        self._desk: asyncio.Task[Desk] | None = None
        self._closed = False
        self._to_editor = ToEditor(self._log_message)
        self._register()

    async def close(self) -> None:
        """End all that runs here; the host has made everything durable then. Can be called twice."""
        self._closed = True
        logging.getLogger(PACKAGE).removeHandler(self._to_editor)
        await self.rpc.close()
        await self._close_desk()
        await self.documents.close()

    def _register(self) -> None:
        self.rpc.on_initialize = self._initialize
        self.rpc.on_shutdown = self._close_desk
        self.rpc.namespaces["dispatch"] = self._dispatch
        listeners: dict[str, Callable[[Json], None]] = {
            types.INITIALIZED: self._initialized,
            types.TEXT_DOCUMENT_DID_OPEN: self.documents.opened,
            types.TEXT_DOCUMENT_DID_CHANGE: self.documents.changed,
            types.TEXT_DOCUMENT_DID_SAVE: self.documents.saved,
            types.TEXT_DOCUMENT_DID_CLOSE: self.documents.closed,
            types.WINDOW_WORK_DONE_PROGRESS_CANCEL: self._progress_cancelled,
        }
        for method, listener in listeners.items():
            self.feature(method)(partial(listener))
        self.feature(types.TEXT_DOCUMENT_CODE_ACTION, types.CodeActionOptions(code_action_kinds=[KIND]))(
            partial(self._code_actions)
        )
        self.feature(types.WORKSPACE_EXECUTE_COMMAND)(partial(self._execute))
        for command in COMMANDS:
            self.command(command)(partial(self._execute))

    def _initialize(self, params: JsonObject) -> None:
        self.client = Client.of(params)
        self.documents.serve(self.client)
        if self.client.negotiated:
            self.rpc.experimental = {"dispatch": {"protocolVersion": PROTOCOL_VERSION}}
        logging.getLogger(PACKAGE).addHandler(self._to_editor)
        self.on_client(self.client)

    def _log_message(self, kind: int, text: str) -> None:
        self.rpc.tell(types.WINDOW_LOG_MESSAGE, {"type": kind, "message": text}, Weight.DROPPABLE)

    def _initialized(self, params: Json) -> None:
        del params
        self._open_soon()

    async def _code_actions(self, params: Json) -> list[Json]:
        return code_actions(params, self.client.literal_actions)

    async def _execute(self, params: Json) -> object:
        return await (await self._opened()).execute(params)

    async def _dispatch(self, method: str, params: Json) -> object:
        if not self.client.negotiated:
            raise RpcError(METHOD_NOT_FOUND, "dispatch/* needs capabilities.experimental.dispatch in initialize.")
        return await (await self._opened()).answer(method, params)

    def _progress_cancelled(self, params: Json) -> None:
        if self._desk and self._desk.done() and not self._desk.exception():
            self._desk.result().progress_cancelled(params)

    # The desk

    def _open_soon(self) -> "asyncio.Task[Desk]":
        if self._desk is None:
            self._desk = asyncio.get_running_loop().create_task(self._open())
            self._desk.add_done_callback(self._tell_failure)
        return self._desk

    async def _opened(self) -> "Desk":
        if self._closed:
            raise RpcError(METHOD_NOT_FOUND, "The server is shutting down.")
        # shielded: one request that is cancelled does not take the host from all others
        return await asyncio.shield(self._open_soon())

    async def _open(self) -> "Desk":
        desk = (await asyncio.to_thread(_load_desk))(self.rpc, self.client, self.documents, self._state)
        host = await self._build(
            self.client.workspace,
            trusted=self.client.trusted,
            settings=self.client.settings,
            tell=desk,
            buffers=self.documents,
            publish=desk,
        )
        await desk.serve(host)
        self.documents.forward_to(host)
        for notice in host.notices:
            self.rpc.notify(types.WINDOW_SHOW_MESSAGE, {"type": types.MessageType.Warning.value, "message": notice})
        settle()
        _log.info("serving %s", self.client.workspace)
        return desk

    def _tell_failure(self, task: "asyncio.Task[Desk]") -> None:
        if not task.cancelled() and isinstance(error := task.exception(), Exception):
            text = rpc_error(error, "starting").text
            self.rpc.notify(types.WINDOW_SHOW_MESSAGE, {"type": types.MessageType.Error.value, "message": text})

    async def _close_desk(self) -> None:
        task = self._desk
        if task is None:
            return
        if not task.done():
            task.cancel()
        await asyncio.wait([task])
        if not task.cancelled() and not task.exception():
            await task.result().close()


def _load_desk() -> "type[Desk]":
    from dispatch_ls.editor.desk import Desk

    return Desk
