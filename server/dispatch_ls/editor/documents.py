"""The files the editor has open, as it shows them; and the way to change them (the `Buffers` of tools)."""

import asyncio
import logging
import os
from dataclasses import dataclass, field
from pathlib import Path

from dispatch_ls.editor.client import Client, path_of, text_at
from dispatch_ls.editor.host import Overlay
from dispatch_ls.editor.jsonrpc import Json, JsonObject, RpcError
from dispatch_ls.editor.rpc import Rpc
from dispatch_ls.editor.texts import Unreadable, changed, edits
from dispatch_ls.tools.buffers import Buffer

SETTLE = 5.0
"""Seconds an editor has to report a change that it said it made; some wait to gather more."""

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Document:
    uri: str
    path: Path | None
    version: int
    text: str
    dirty: bool = False
    watchers: set[asyncio.Event] = field(default_factory=set)

    def wake(self) -> None:
        for watcher in self.watchers:
            watcher.set()


class Documents:
    """Follows didOpen, didChange, didSave and didClose from the first message on."""

    def __init__(self, rpc: Rpc) -> None:
        self._rpc = rpc
        self._client: Client | None = None
        self._open: dict[str, _Document] = {}
        self._overlay: Overlay | None = None
        self._comparing: set[asyncio.Task[None]] = set()

    def serve(self, client: Client) -> None:
        """Know what the editor can do."""
        self._client = client

    def forward_to(self, overlay: Overlay) -> None:
        """Tell what is open, and each change from now on."""
        self._overlay = overlay
        for document in self._open.values():
            overlay.document_opened(document.uri, document.version, document.text)

    # What the editor says

    def opened(self, params: Json) -> None:
        """`textDocument/didOpen`."""
        item = params.get("textDocument") if isinstance(params, dict) else None
        uri, text = text_at(item, "uri"), text_at(item, "text")
        if uri is None or text is None or not isinstance(item, dict):
            raise Unreadable("didOpen without uri or text")
        document = _Document(uri, _real(uri), _version(item, 0), text)
        self._open[uri] = document
        self._compare_later(document)
        if self._overlay:
            self._overlay.document_opened(uri, document.version, text)

    def changed(self, params: Json) -> None:
        """`textDocument/didChange`."""
        document = self._named(params)
        changes = params.get("contentChanges") if isinstance(params, dict) else None
        if document is None or not isinstance(params, dict) or not isinstance(changes, list):
            raise Unreadable("didChange of a file that is not open, or without changes")
        text = document.text
        for change in changes:
            text = changed(text, change if isinstance(change, dict) else {})
        document.text = text
        document.dirty = True
        document.version = _version(params.get("textDocument"), document.version + 1)
        document.wake()
        if self._overlay:
            self._overlay.document_changed(document.uri, document.version, text)

    def saved(self, params: Json) -> None:
        """`textDocument/didSave`."""
        if document := self._named(params):
            document.dirty = False
            if self._overlay:
                self._overlay.document_saved(document.uri)

    def closed(self, params: Json) -> None:
        """`textDocument/didClose`."""
        if document := self._named(params):
            del self._open[document.uri]
            document.wake()
            if self._overlay:
                self._overlay.document_closed(document.uri)

    # What others ask

    def text(self, uri: str) -> str | None:
        """The text the editor shows, by URI."""
        document = self._open.get(uri)
        return document.text if document else None

    def text_of(self, path: Path) -> Buffer | None:
        """The open file (port `Buffers`)."""
        document = self._at(path)
        return Buffer(document.text, document.version, document.dirty) if document else None

    async def apply(self, path: Path, text: str, version: int) -> bool:
        """Make the open file of that version hold the text (port `Buffers`); True once the editor shows it."""
        document = self._at(path)
        if document is None or document.version != version or not self._client or not self._client.applies_edits:
            return False
        if document.text == text:
            return True
        watcher = asyncio.Event()
        document.watchers.add(watcher)
        try:
            clean = not document.dirty
            shown = await self._edit(document, text) and await self._shows(document, text, watcher)
            if shown and clean and self._client.negotiated:
                await self._save(document)
            return shown
        finally:
            document.watchers.discard(watcher)

    async def close(self) -> None:
        """End what is still being compared."""
        for task in self._comparing:
            task.cancel()
        await asyncio.gather(*self._comparing, return_exceptions=True)

    async def _edit(self, document: _Document, text: str) -> bool:
        changes = await asyncio.to_thread(edits, document.text, text)
        edit: JsonObject = {"changes": {document.uri: changes}}
        if self._client and self._client.versioned_edits:
            named: JsonObject = {"uri": document.uri, "version": document.version}
            edit = {"documentChanges": [{"textDocument": named, "edits": changes}]}
        try:
            answer = await self._rpc.ask("workspace/applyEdit", {"label": "Dispatch", "edit": edit})
        except RpcError as error:
            _log.warning("the editor refused an edit: %s", error.text)
            return False
        return isinstance(answer, dict) and answer.get("applied") is True

    async def _shows(self, document: _Document, text: str, watcher: asyncio.Event) -> bool:
        try:
            async with asyncio.timeout(SETTLE):
                while document.text != text:
                    watcher.clear()
                    await watcher.wait()
                    if self._open.get(document.uri) is not document:
                        return False
        except TimeoutError:
            return False
        return True

    async def _save(self, document: _Document) -> None:
        """What was saved before stays so, that commands see it; LSP has no word for it."""
        try:
            async with asyncio.timeout(SETTLE):
                await self._rpc.ask("dispatch/save", {"uri": document.uri})
        except (RpcError, TimeoutError):
            _log.warning("the editor did not save %s", document.uri)

    def _named(self, params: Json) -> _Document | None:
        uri = text_at(params, "textDocument", "uri")
        return self._open.get(uri) if uri else None

    def _at(self, path: Path) -> _Document | None:
        real = Path(os.path.realpath(path))
        return next((document for document in self._open.values() if document.path == real), None)

    def _compare_later(self, document: _Document) -> None:
        """An editor may open a file with changes that it kept from last time: only the disk says."""
        task = asyncio.get_running_loop().create_task(self._compare(document))
        self._comparing.add(task)
        task.add_done_callback(self._comparing.discard)

    async def _compare(self, document: _Document) -> None:
        version = document.version
        on_disk = await asyncio.to_thread(_read, document.path)
        if document.version == version and on_disk is not None and on_disk != document.text:
            document.dirty = True


def _real(uri: str) -> Path | None:
    path = path_of(uri)
    return Path(os.path.realpath(path)) if path else None


def _read(path: Path | None) -> str | None:
    try:
        # not read_text, which would turn CRLF into LF
        return path.read_bytes().decode("utf-8-sig") if path else None
    except (OSError, UnicodeDecodeError):
        return None


def _version(item: Json, default: int) -> int:
    version = item.get("version") if isinstance(item, dict) else None
    return version if isinstance(version, int) and not isinstance(version, bool) else default
