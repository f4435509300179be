"""Which servers there are: one per kind and root, made when a file first needs it."""

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from dispatch_ls.languages.detect import prepared, root_of, suffixes_in
from dispatch_ls.languages.server import LanguageServer
from dispatch_ls.languages.spec import Launch, Missing, ServerSpec
from dispatch_ls.processes.environment import child_environment
from dispatch_ls.processes.sandbox import Sandbox
from dispatch_ls.protocol.methods import LanguageServerStatus

_RETRY_MISSING = 300.0
"""Seconds until a program that was not found is looked for again."""

_RELOCATE = 10.0
"""Seconds after which a new root marker or program is noticed at the latest."""

Located = tuple[ServerSpec, Path, Launch | Missing]
"""A kind of server, its root for a file, and how it starts there."""


@dataclass(frozen=True)
class Absent:
    """A server that would serve the file but can't be started here."""

    spec: ServerSpec
    hint: str


class Roster:
    """The servers of a workspace."""

    def __init__(
        self,
        workspace: Path,
        specs: list[ServerSpec],
        environment: Mapping[str, str],
        sandbox: Sandbox | None,
        on_change: Callable[[], None],
    ) -> None:
        self._workspace = workspace
        self._specs = specs
        self._environment = environment
        self._sandbox = sandbox
        self._on_change = on_change
        self._servers: dict[tuple[str, Path], LanguageServer] = {}
        self._missing: dict[tuple[str, Path], tuple[Missing, float]] = {}
        self._places: dict[tuple[Path, str], tuple[list[Located], float]] = {}
        self._nearby: set[str] = set()
        self._looked = False

    @property
    def servers(self) -> list[LanguageServer]:
        """All that were made so far, running or not."""
        return list(self._servers.values())

    def suffixes(self) -> set[str]:
        """The file name endings that concern any server, configuration files among them."""
        return {name for spec in self._specs for name in spec.languages} | {".json", ".toml", ".cfg", ".ini"}

    def wants(self, path: Path) -> list[ServerSpec]:
        """The kinds of server that are for this kind of file, whether present or not."""
        inside = path.is_relative_to(self._workspace)
        return [spec for spec in self._specs if spec.language_of(path)] if inside else []

    async def serving(self, path: Path) -> tuple[list[LanguageServer], list[Absent]]:
        """The servers of a file, and those that are missing; starts none."""
        wanted = self.wants(path)
        located = await self._located(wanted, path) if wanted else []
        found: list[LanguageServer] = []
        absent: dict[str, Absent] = {}
        served: set[str] = set()
        for spec, root, launch in located:
            if isinstance(launch, Missing):
                absent[_group(spec)] = Absent(spec, launch.hint)
            elif _group(spec) not in served:
                served.add(_group(spec))
                found.append(self._server(spec, root, launch))
        return found, [one for group, one in absent.items() if group not in served and not one.spec.optional]

    async def reconfigure(self, specs: list[ServerSpec]) -> None:
        """Takes new specs; only servers whose own has changed are stopped."""
        old, self._specs = {spec.id: spec for spec in self._specs}, specs
        same = {spec.id for spec in specs if old.get(spec.id) == spec}
        changed = {key: server for key, server in self._servers.items() if key[0] not in same}
        self._servers = {key: server for key, server in self._servers.items() if key not in changed}
        self.look_again()
        await retire(changed.values())

    async def retire_all(self) -> None:
        """Ends all servers; those asked for later are new ones."""
        servers, self._servers = self._servers, {}
        await retire(servers.values())

    def knows(self, name: str) -> bool:
        """Whether there is such a kind of server."""
        return any(spec.id == name for spec in self._specs)

    def look_again(self) -> None:
        """Forgets what was found where, and what was not."""
        self._missing.clear()
        self._places.clear()
        self._looked = False

    def status(self, trusted: bool) -> list[LanguageServerStatus]:
        """The servers made so far, then those that the files near the top of the workspace call for."""
        running = [_status(server, trusted) for server in self._servers.values()]
        called = {_group(server.spec) for server in self._servers.values()}
        return running + [status for group, status in self._expected(trusted) if group not in called]

    def _expected(self, trusted: bool) -> Iterable[tuple[str, LanguageServerStatus]]:
        """One of each group: the first that is there, else the last, whose hint is the common one."""
        found: dict[str, LanguageServerStatus] = {}
        for spec in self._called_for():
            known = found.get(_group(spec))
            if known is None or known.state == "absent":
                found[_group(spec)] = self._expectation(spec, trusted)
        return found.items()

    def _called_for(self) -> list[ServerSpec]:
        if not self._looked:
            self._nearby, self._looked = suffixes_in(self._workspace), True
        return [spec for spec in self._specs if self._nearby & set(spec.languages)]

    def _expectation(self, spec: ServerSpec, trusted: bool) -> LanguageServerStatus:
        launch = self._prepared(spec, self._workspace)
        languages = sorted(set(spec.languages.values()))
        if isinstance(launch, Missing):
            return LanguageServerStatus(server=spec.id, state="absent", languages=languages, hint=launch.hint)
        return LanguageServerStatus(server=spec.id, state="stopped" if trusted else "untrusted", languages=languages)

    async def _located(self, wanted: list[ServerSpec], path: Path) -> list[Located]:
        """Files of one kind in one directory have the same servers; looked up afresh every few seconds."""
        key = (path.parent, path.suffix or path.name)
        known, at = self._places.get(key, ([], 0.0))
        if not known or time.monotonic() - at > _RELOCATE:
            known = await asyncio.to_thread(self._locate, wanted, path)
            self._places[key] = (known, time.monotonic())
        return known

    def _locate(self, specs: list[ServerSpec], path: Path) -> list[Located]:
        roots = [(spec, root_of(spec, path, self._workspace)) for spec in specs]
        return [(spec, root, self._prepared(spec, root)) for spec, root in roots]

    def _prepared(self, spec: ServerSpec, root: Path) -> Launch | Missing:
        """A server that exists is not looked for again; one that does not only now and then."""
        key = (spec.id, root)
        if server := self._servers.get(key):
            return server.launch
        missing, at = self._missing.get(key, (None, 0.0))
        if missing and time.monotonic() - at < _RETRY_MISSING:
            return missing
        launch = prepared(spec, root, self._workspace, self._environment)
        if isinstance(launch, Missing):
            self._missing[key] = (launch, time.monotonic())
        return launch

    def _server(self, spec: ServerSpec, root: Path, launch: Launch) -> LanguageServer:
        key = (spec.id, root)
        if key not in self._servers:
            env = child_environment(self._environment)
            self._servers[key] = LanguageServer(
                spec, launch, root, env=env, sandbox=self._sandbox, on_change=self._on_change
            )
        return self._servers[key]


async def retire(servers: Iterable[LanguageServer]) -> None:
    """Ends them all at once, for good."""
    await asyncio.gather(*(server.retire() for server in servers))


def _group(spec: ServerSpec) -> str:
    """A server without a group is one of its own."""
    return spec.group or spec.id


def _status(server: LanguageServer, trusted: bool) -> LanguageServerStatus:
    return LanguageServerStatus(
        server=server.spec.id,
        root=str(server.root),
        state=server.state if trusted else "untrusted",
        version=server.version,
        languages=sorted(set(server.spec.languages.values())),
        hint=server.last_words or None if server.state in ("backoff", "failed") else None,
    )
