"""Asking several servers about files, and reading their answers as problems."""

import asyncio
from collections.abc import Iterable, Sequence
from pathlib import Path

from dispatch_ls.languages.change import difference
from dispatch_ls.languages.freshness import Found
from dispatch_ls.languages.merge import FileProblems, merged, problems_of
from dispatch_ls.languages.server import Answer, LanguageServer
from dispatch_ls.languages.texts import Texts
from dispatch_ls.protocol.items import Problem
from dispatch_ls.protocol.methods import ServerAnswer

_MOST_REASKED = 16
"""Other open files that are asked about again after a check, those used last first."""

Pair = tuple[FileProblems, FileProblems]
"""A file before and after."""


class Inquiry:
    """Needs to know by which names the editor calls the files."""

    def __init__(self, texts: Texts) -> None:
        self._texts = texts

    async def ask(
        self, path: Path, servers: Iterable[LanguageServer], until: float, *, use_known: bool = False
    ) -> tuple[FileProblems, list[ServerAnswer]]:
        """What the servers say about a file that they have open."""
        answers = await asyncio.gather(*(server.check(path, until, use_known=use_known) for server in servers))
        found = {answer.server: (answer.found, answer.encoding) for answer in answers if answer.found}
        by_server = {name: self._problems(name, path, *one) for name, one in found.items()}
        text = next((one.text for one, _ in found.values()), "")
        return FileProblems(path, text, by_server), [_wire(answer) for answer in answers]

    async def others(
        self, servers: Iterable[LanguageServer], asked: Sequence[Path], until: float, most: int
    ) -> list[Pair]:
        """Open files that were not asked about but whose problems have changed, at most `most`."""
        again = [
            (server, path, before)
            for server in servers
            if most and server.cross_file
            for path in server.documents.paths()[:_MOST_REASKED]
            if path not in asked and (before := server.last(path)) and not server.known(path)
        ]
        pairs = await asyncio.gather(*(self._again(*one, until) for one in again))
        return [pair for pair in pairs if pair and _differ(*pair)][:most]

    def known(self, servers: Iterable[LanguageServer]) -> list[Problem]:
        """The last answers about all that is open, merged; asks nobody."""
        return merged(
            problem
            for server in servers
            for path in server.documents.paths()
            if (found := server.last(path))
            for problem in self._problems(server.spec.id, path, found, server.encoding)
        )

    async def _again(self, server: LanguageServer, path: Path, before: Found, until: float) -> Pair | None:
        name, answer = server.spec.id, await server.check(path, until)
        if answer.found is None:
            return None
        old = self._problems(name, path, before, answer.encoding)
        new = self._problems(name, path, answer.found, answer.encoding)
        return FileProblems(path, before.text, {name: old}), FileProblems(path, answer.found.text, {name: new})

    def _problems(self, server: str, path: Path, found: Found, encoding: str) -> list[Problem]:
        uri = self._texts.uri_of(path)
        return problems_of(found.items, found.text, uri=uri, server=server, encoding=encoding)


def _differ(before: FileProblems, after: FileProblems) -> bool:
    found = difference(before, after)
    return bool(found.new or found.fixed)


def _wire(answer: Answer) -> ServerAnswer:
    return ServerAnswer(
        server=answer.server, status=answer.status, milliseconds=answer.milliseconds, detail=answer.detail
    )
