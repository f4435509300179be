"""The texts one server holds open, each with a version that only ever grows, also across close and restart."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pydantic import JsonValue

Notify = Callable[[str, JsonValue], None]


@dataclass
class Document:
    """A text as the server knows it."""

    path: Path
    language: str
    text: str
    version: int
    sent_at: float
    """When this version was sent (monotonic seconds)."""
    world: int
    """The state of all that the server knows when this version was sent."""

    @property
    def uri(self) -> str:
        """The name under which the server knows it."""
        return self.path.as_uri()


class Documents:
    """Kept whether or not the server runs: a new process is told everything again."""

    def __init__(self, limit: int) -> None:
        self.world = 0
        """Grows with every change the server is told of, in whatever file."""
        self._limit = limit
        self._open: dict[Path, Document] = {}
        self._versions: dict[Path, int] = {}
        self._in_use: dict[Path, int] = {}
        self._notify: Notify | None = None

    def __contains__(self, path: Path) -> bool:
        return path in self._open

    def __getitem__(self, path: Path) -> Document:
        return self._open[path]

    def paths(self) -> list[Path]:
        """The open ones, those used last first."""
        return list(reversed(self._open))

    def put(self, path: Path, language: str, text: str) -> None:
        """Opens the text, or changes it; nothing is sent where the server has it already."""
        known = self._open.get(path)
        if known is None:
            self._add(path, language, text)
            self._close_oldest()
        elif known.text != text:
            self._change(known, text)

    def touch(self, path: Path) -> None:
        """Sends the same text as a new version, so that a server that pushes looks at it again."""
        document = self._open[path]
        self._change(document, document.text)
        document.world = self.world

    def close(self, path: Path) -> None:
        """The server goes back to what is on disk."""
        if document := self._open.pop(path, None):
            self.world += 1
            self._send("textDocument/didClose", {"textDocument": {"uri": document.uri}})

    def save(self, path: Path, with_text: bool) -> None:
        """The disk has what is open."""
        if document := self._open.get(path):
            text: dict[str, JsonValue] = {"text": document.text} if with_text else {}
            self._send("textDocument/didSave", {"textDocument": {"uri": document.uri}, **text})

    def files_changed(self, events: list[JsonValue]) -> None:
        """`workspace/didChangeWatchedFiles`."""
        self.world += 1
        self._send("workspace/didChangeWatchedFiles", {"changes": events})

    def attach(self, notify: Notify) -> None:
        """A process is ready: it is told of everything open."""
        self._notify = notify
        for document in self._open.values():
            self._announce(document)

    def detach(self) -> None:
        """The process has ended."""
        self._notify = None

    def hold(self, path: Path) -> None:
        """Uses a document: it stays open until `release`, though others come."""
        if document := self._open.pop(path, None):
            self._open[path] = document
        self._in_use[path] = self._in_use.get(path, 0) + 1

    def release(self, path: Path) -> None:
        """Ends a `hold`."""
        self._in_use[path] -= 1
        if not self._in_use[path]:
            del self._in_use[path]

    def _add(self, path: Path, language: str, text: str) -> None:
        self.world += 1
        document = Document(path, language, text, self._next(path), 0.0, self.world)
        self._open[path] = document
        self._announce(document)

    def _change(self, document: Document, text: str) -> None:
        self.world += 1
        document.text = text
        document.version = self._next(document.path)
        document.sent_at = time.monotonic()
        document.world = self.world
        self._send(
            "textDocument/didChange",
            {"textDocument": {"uri": document.uri, "version": document.version}, "contentChanges": [{"text": text}]},
        )

    def _announce(self, document: Document) -> None:
        document.sent_at = time.monotonic()
        self._send(
            "textDocument/didOpen",
            {
                "textDocument": {
                    "uri": document.uri,
                    "languageId": document.language,
                    "version": document.version,
                    "text": document.text,
                }
            },
        )

    def _next(self, path: Path) -> int:
        self._versions[path] = self._versions.get(path, 0) + 1
        return self._versions[path]

    def _close_oldest(self) -> None:
        surplus = len(self._open) - self._limit
        for path in [path for path in self._open if path not in self._in_use][: max(surplus, 0)]:
            self.close(path)

    def _send(self, method: str, params: JsonValue) -> None:
        if self._notify:
            self._notify(method, params)
