"""One workspace as an editor sees it: the agents' host, and beside it configuration, languages and models."""

import os
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from dispatch_ls.agents.host import Host
from dispatch_ls.agents.lives import Lives
from dispatch_ls.agents.services import Services
from dispatch_ls.app.reloads import Reloads
from dispatch_ls.config.trust import TrustStore
from dispatch_ls.config.watch import Watched
from dispatch_ls.languages.pool import Languages
from dispatch_ls.languages.publishing import Publisher
from dispatch_ls.models.transport import Transport
from dispatch_ls.protocol import methods as m
from dispatch_ls.protocol.errors import Invalid
from dispatch_ls.protocol.items import Problem


@dataclass(frozen=True, kw_only=True)
class Parts:
    """What a workspace has beside its agents, to be closed with it."""

    config: Watched
    trust: TrustStore
    languages: Languages
    publisher: Publisher
    reloads: Reloads
    transport: Transport
    notices: tuple[str, ...]


class Workspace(Host):
    """Every request of the wire."""

    def __init__(self, services: Services, lives: Lives, parts: Parts) -> None:
        super().__init__(services, lives)
        self._parts = parts
        self._languages = parts.languages
        self.notices = parts.notices

    async def model_list(self) -> m.ModelList:
        """All models, and why those that can't be used can't."""
        return await self._services.catalogue.offered()

    async def resolve_model(self, wanted: m.ResolveModel) -> m.Resolved:
        """Which model a request would go to now."""
        route = await self._services.catalogue.resolve(wanted.model or wanted.tag)
        return m.Resolved(model=route.model_id, key=route.key_id, reasons=list(route.reasons))

    async def agent_list(self) -> m.AgentList:
        """The agents that a session can have."""
        return self._services.definitions.list()

    async def config(self) -> m.ConfigInForce:
        """What is in force, from which files, and what is wrong with them."""
        loaded = self._parts.config.loaded
        return m.ConfigInForce(
            settings=loaded.settings.model_dump(mode="json", exclude_unset=True),
            files=[str(file) for file in loaded.files],
            problems=[str(problem) for problem in loaded.problems],
            trusted=self._languages.trusted,
        )

    async def language_status(self) -> m.LanguageStatus:
        """The real language servers."""
        return self._languages.status()

    async def language_diagnostics(self, wanted: m.DiagnosticsOf) -> m.Problems:
        """The problems of one file, asked now, or all that are known."""
        if wanted.uri is None:
            return self._languages.known()
        path = self._path(wanted.uri)
        check = await self._languages.check([path], others=0)
        problems: list[Problem] = [each for found in check.problems.values() for each in found]
        return m.Problems(problems=problems, answers=check.answers)

    async def restart_language(self, wanted: m.RestartServer) -> None:
        """Start one language server anew, or all."""
        await self._languages.restart(wanted.server)

    async def trust(self, wanted: m.Trust) -> None:
        """The user trusts the folder, or does not any more (PERM-7)."""
        await self._parts.trust.set(self._services.workspace, wanted.trusted)
        await self._parts.config.trust(wanted.trusted)
        self._languages.trusted = wanted.trusted
        self._parts.publisher.again()

    def document_opened(self, uri: str, version: int, text: str) -> None:
        """The editor has opened a file."""
        self._languages.opened(uri, version, text)
        self._parts.publisher.changed(uri)

    def document_changed(self, uri: str, version: int, text: str) -> None:
        """The editor's text has changed."""
        self._languages.changed(uri, version, text)
        self._parts.publisher.changed(uri)

    def document_saved(self, uri: str) -> None:
        """The editor's text is on disk now."""

    def document_closed(self, uri: str) -> None:
        """The editor has closed a file."""
        self._languages.closed(uri)
        self._parts.publisher.closed(uri)

    async def close(self) -> None:
        """End turns, then what they worked with, then the log."""
        await super().close()
        await self._parts.config.close()
        await self._parts.publisher.close()
        await self._parts.reloads.close()
        await self._languages.close()
        await self._parts.transport.close()
        await self._store.close()

    def _path(self, uri: str) -> Path:
        parts = urlsplit(uri)
        if parts.scheme != "file":
            raise Invalid("only files have problems: the URI must begin with file://")
        path = Path(os.path.realpath(unquote(parts.path)))
        if not path.is_relative_to(self._services.workspace):
            raise Invalid("the file is not in the workspace")
        return path
