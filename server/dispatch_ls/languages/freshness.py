"""When an answer counts: it has to be about the version that was sent, and silence is no answer.

In order of trust: the server's own synchronous request (adapter), pull, a push for exactly this version, and last a
push without version followed by quiet. All run until they have an answer; the caller sets the deadline.
"""

import asyncio
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from dispatch_ls.languages.connection import Connection, Push
from dispatch_ls.languages.documents import Document, Documents
from dispatch_ls.languages.merge import MOST_PER_SERVER, gravest
from dispatch_ls.languages.peer import ResponseError
from dispatch_ls.languages.shapes import as_object, as_objects, as_text
from dispatch_ls.languages.spec import ServerSpec
from dispatch_ls.protocol.base import JsonObject

_RETRY = {-32801, -32802}
"""ContentModified and ServerCancelled: ask again."""
_RETRY_PAUSE = 0.02
_RETRY_LONGEST = 0.5
_REGISTRATION = 2.0
"""Seconds to wait for a pull registration that is expected."""


@dataclass(frozen=True)
class Found:
    """Diagnostics in LSP's shape, of `text`; `fresh`: the server vouches for the version, `settled`: it went quiet."""

    items: list[JsonObject]
    status: Literal["fresh", "settled"]
    text: str
    version: int
    world: int


class Settler:
    """Gets settled answers from one connection."""

    def __init__(self, spec: ServerSpec, connection: Connection, documents: Documents) -> None:
        self._spec = spec
        self._connection = connection
        self._documents = documents
        self._previous: dict[tuple[Path, str], tuple[str, list[JsonObject]]] = {}
        self._expect_pull_until = time.monotonic() + _REGISTRATION if spec.expects_dynamic_pull else 0.0

    async def settle(self, path: Path) -> Found:
        """The diagnostics of the open document `path`, of its newest version. Raises PeerClosed, ResponseError."""
        while True:
            document = self._documents[path]
            version, world, text = document.version, self._documents.world, document.text
            answer = await self._ask(document)
            if answer and document.version == version:
                items, status = answer
                return Found(items, status, text, version, world)

    def forget_closed(self) -> None:
        """Drops what is kept of documents that are not open any more."""
        self._previous = {key: kept for key, kept in self._previous.items() if key[0] in self._documents}
        self._connection.pushes = {
            path: push for path, push in self._connection.pushes.items() if path in self._documents
        }

    async def _ask(self, document: Document) -> tuple[list[JsonObject], Literal["fresh", "settled"]] | None:
        """None where the way of asking has changed meanwhile."""
        if self._spec.adapter:
            return await _bounded(await self._spec.adapter(self._connection.request, document.path)), "fresh"
        await self._await_registration()
        if not self._connection.pulls():
            return await self._await_push(document)
        pulled = await self._pull_all(document)
        if self._spec.push_and_pull and (pushed := await self._await_push(document)):
            return pulled + pushed[0], pushed[1]
        return pulled, "fresh"

    async def _await_registration(self) -> None:
        while not self._connection.pulls() and (left := self._expect_pull_until - time.monotonic()) > 0:
            await self._news(left)

    async def _pull_all(self, document: Document) -> list[JsonObject]:
        names = {as_text(provider.get("identifier")) for provider in self._connection.pulls()}
        return [item for name in sorted(names) for item in await self._pull(document, name)]

    async def _pull(self, document: Document, identifier: str) -> list[JsonObject]:
        key = (document.path, identifier)
        report = await self._report(document, identifier, self._previous.get(key, ("", []))[0])
        if report.get("kind") == "unchanged" and key in self._previous:
            return self._previous[key][1]
        items = await _bounded(as_objects(report.get("items")))
        self._previous[key] = (as_text(report.get("resultId")), items)
        return items

    async def _report(self, document: Document, identifier: str, previous: str) -> JsonObject:
        """A report of kind `unchanged` to one who has no previous one is asked for again from scratch."""
        params: JsonObject = {"textDocument": {"uri": document.uri}}
        if identifier:
            params["identifier"] = identifier
        report = await self._retrying({**params, "previousResultId": previous} if previous else params)
        if report.get("kind") == "unchanged" and not previous:
            raise ResponseError(0, "unchanged, though nothing was known")
        return report

    async def _retrying(self, params: JsonObject) -> JsonObject:
        pause = _RETRY_PAUSE
        while True:
            try:
                return as_object(await self._connection.request("textDocument/diagnostic", params))
            except ResponseError as error:
                if error.code not in _RETRY:
                    raise
            await asyncio.sleep(pause)
            pause = min(pause * 2, _RETRY_LONGEST)

    async def _await_push(self, document: Document) -> tuple[list[JsonObject], Literal["fresh", "settled"]] | None:
        """Waits for a push about what was sent; None if the text changes or the server turns out to be asked."""
        if document.world != self._documents.world:
            self._documents.touch(document.path)
        version = document.version
        while document.version == version and (self._spec.push_and_pull or not self._connection.pulls()):
            push = self._connection.pushes.get(document.path)
            if push and self._vouched(push, version):
                return await _bounded(push.items), "fresh"
            quiet = self._quiet_left(push, document)
            if push and quiet is not None and quiet <= 0:
                return await _bounded(push.items), "settled"
            await self._news(quiet)
        return None

    def _vouched(self, push: Push, version: int) -> bool:
        return self._spec.trust_version and push.version == version

    def _quiet_left(self, push: Push | None, document: Document) -> float | None:
        """Seconds until the push counts though no version can be trusted; None where it can't count."""
        if push is None or push.time <= document.sent_at:
            return None
        if push.version is not None and (self._spec.trust_version or push.version != document.version):
            return None
        return push.time + self._spec.push_quiet - time.monotonic()

    async def _news(self, timeout: float | None) -> None:
        self._connection.require_open()
        await self._connection.news.wait(timeout)


async def _bounded(items: list[JsonObject]) -> list[JsonObject]:
    """So that tens of thousands of errors are neither kept nor sorted in the way of others."""
    return await asyncio.to_thread(gravest, items) if len(items) > MOST_PER_SERVER else items
