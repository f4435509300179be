"""Problems for the editor, where it has no server of its own for a language (LANG-6)."""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal, Protocol

from dispatch_ls.languages.pool import WARM_DEADLINE, Languages
from dispatch_ls.languages.positions import path_of
from dispatch_ls.protocol.items import Problem

QUIET = 0.3
"""Seconds without typing before the servers are asked."""

When = Literal["auto", "always", "never"]


class Publish(Protocol):
    """Whoever can show problems beside a text."""

    def publish(self, uri: str, problems: Sequence[Problem]) -> None:
        """All problems of an open file; none clears them."""


class Publisher:
    """Keeps the problems of open files up to date. `own` are the languages the editor serves itself, None: unknown."""

    def __init__(
        self, languages: Languages, editor: Publish, when: Callable[[], When], own: frozenset[str] | None
    ) -> None:
        self._languages = languages
        self._editor = editor
        self._when = when
        self._own = own
        self._open: dict[str, Path] = {}
        self._shown: set[str] = set()
        self._checks: dict[str, asyncio.Task[None]] = {}
        languages.on_write(self.again)

    def changed(self, uri: str) -> None:
        """The editor has opened the file, or its text is another now."""
        path = path_of(uri)
        if path is not None:
            self._open[uri] = path
            self._check_soon(uri, path)

    def closed(self, uri: str) -> None:
        """The editor has closed the file."""
        self._open.pop(uri, None)
        self._stop(uri)
        self._show(uri, [])

    def again(self) -> None:
        """Something other than the open texts has changed: files, settings, or trust."""
        for uri, path in self._open.items():
            self._check_soon(uri, path)

    async def close(self) -> None:
        """Stop checking."""
        tasks = list(self._checks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _wanted(self, path: Path) -> bool:
        language = self._languages.language_of(path)
        match self._when():
            case "always":
                return language is not None
            case "never":
                return False
        # an editor that does not say what it serves would show everything twice
        return language is not None and self._own is not None and language not in self._own

    def _check_soon(self, uri: str, path: Path) -> None:
        self._stop(uri)
        if self._languages.trusted and self._wanted(path):
            self._checks[uri] = asyncio.create_task(self._check(uri, path), name=f"problems of {path.name}")
        else:
            self._show(uri, [])

    async def _check(self, uri: str, path: Path) -> None:
        await asyncio.sleep(QUIET)
        check = await self._languages.check([path], WARM_DEADLINE)
        uris = {path: uri for uri, path in self._open.items()}
        for found, problems in check.problems.items():
            if found in uris and (check.complete or problems):
                self._show(uris[found], problems)

    def _show(self, uri: str, problems: Sequence[Problem]) -> None:
        if problems or uri in self._shown:
            self._editor.publish(uri, problems)
        if problems:
            self._shown.add(uri)
        else:
            self._shown.discard(uri)

    def _stop(self, uri: str) -> None:
        task = self._checks.pop(uri, None)
        if task is not None:
            task.cancel()
