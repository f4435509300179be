"""The front door: all real language servers of a workspace, shared by the editor and all agents."""

import asyncio
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from pathlib import Path

from dispatch_ls.languages.checks import Baseline, Check, change, worst
from dispatch_ls.languages.inquiry import Inquiry
from dispatch_ls.languages.merge import FileProblems
from dispatch_ls.languages.positions import real
from dispatch_ls.languages.registry import BUILT_IN, Override, specs
from dispatch_ls.languages.roster import Roster
from dispatch_ls.languages.server import LanguageServer
from dispatch_ls.languages.spec import ServerSpec
from dispatch_ls.languages.sync import Sync
from dispatch_ls.languages.texts import TooLarge
from dispatch_ls.processes.sandbox import Sandbox
from dispatch_ls.protocol.errors import NotFound
from dispatch_ls.protocol.items import DiagnosticChange, Problem
from dispatch_ls.protocol.methods import LanguageStatus, Problems, ServerAnswer

CHECK_DEADLINE = 10.0
BASELINE_DEADLINE = 1.5
WARM_DEADLINE = 45.0

_UNTRUSTED = "the workspace is not trusted, so no language server is started"
_TOO_LARGE = "the file is too large to be checked"
_NO_FILE = "there is no such file"


class Languages:
    """Deadlines are in seconds. Positions are 1-based, columns in code points."""

    def __init__(
        self,
        workspace: Path,
        *,
        environment: Mapping[str, str],
        trusted: bool,
        overrides: Mapping[str, Override] | None = None,
        sandbox: Sandbox | None = None,
        on_change: Callable[[], None] | None = None,
        built_in: Sequence[ServerSpec] = BUILT_IN,
    ) -> None:
        self._workspace = real(workspace)
        self._built_in = built_in
        self._trusted = trusted
        self._on_write: list[Callable[[], None]] = []
        self._listeners: list[Callable[[], None]] = [on_change] if on_change else []
        known = specs(overrides or {}, built_in)
        self._roster = Roster(self._workspace, known, environment, sandbox, self._changed)
        self._sync = Sync(self._workspace, self._roster)
        self._inquiry = Inquiry(self._sync.texts)
        self._tasks: set[asyncio.Task[None]] = set()

    def on_change(self, listener: Callable[[], None]) -> None:
        """Calls `listener` whenever `status` has changed."""
        self._listeners.append(listener)

    def on_write(self, listener: Callable[[], None]) -> None:
        """Calls `listener` whenever an agent or a command may have changed files."""
        self._on_write.append(listener)

    def language_of(self, path: Path) -> str | None:
        """The LSP language id of a file that some server knows."""
        return next((spec.language_of(path) for spec in self._roster.wants(path)), None)

    # What the editor and the agents do

    def opened(self, uri: str, version: int, text: str) -> None:
        """The editor has opened a file, with this text."""
        self._sync.texts.opened(uri, text)

    def changed(self, uri: str, version: int, text: str) -> None:
        """The editor's text, saved or not, is now this one."""
        self._sync.texts.opened(uri, text)

    def closed(self, uri: str) -> None:
        """The editor has closed the file: the disk counts again."""
        self._sync.texts.closed(uri)

    def text_of(self, path: Path) -> str | None:
        """What the editor holds of the file, None if it is not open there."""
        return self._sync.texts.buffer(real(path))

    async def written(self, path: Path, text: str | None) -> None:
        """An agent has written the file, or removed it (None)."""
        self._sync.wrote(real(path), text)
        self._wrote()

    async def disk_changed(self) -> None:
        """A command may have changed any file."""
        await self._sync.disk_changed()
        self._wrote()

    # Questions

    async def check(self, paths: Sequence[Path], deadline: float = CHECK_DEADLINE, others: int = 5) -> Check:
        """The problems of `paths` as they are now, and of at most `others` open files that changed with them."""
        until = time.monotonic() + deadline
        asked = list(dict.fromkeys(real(path) for path in paths))
        if not self._trusted:
            return self._untrusted(asked)
        self._sync.begin()
        prepared = [await self._prepare(path) for path in asked]
        servers = list({id(server): server for _, serving, _ in prepared for server in serving}.values())
        await self._sync.refresh(servers, asked)
        if not self.trusted:  # it may have ended meanwhile
            return self._untrusted(asked)
        found = await asyncio.gather(*(self._inquiry.ask(path, serving, until) for path, serving, _ in prepared))
        answers = [answer for _, _, given in prepared for answer in given] + [a for _, given in found for a in given]
        changed = await self._inquiry.others(servers, asked, until, others)
        return Check([file for file, _ in found], changed, worst(answers))

    async def baseline(self, path: Path, deadline: float = BASELINE_DEADLINE) -> Baseline:
        """What is known of a file before a write; asks only what is not known of this very text."""
        path = real(path)
        if not self._trusted:
            return Baseline(FileProblems(path, "", {}))
        self._sync.begin()
        _, serving, given = await self._prepare(path)
        await self._sync.refresh(serving, [path])
        if not self.trusted:  # it may have ended meanwhile
            return Baseline(FileProblems(path, "", {}))
        if any(answer.detail == _NO_FILE for answer in given):
            nothing: dict[str, list[Problem]] = {answer.server: [] for answer in given}
            return Baseline(FileProblems(path, "", nothing))
        file, _ = await self._inquiry.ask(path, serving, time.monotonic() + deadline, use_known=True)
        return Baseline(file)

    def change(self, baseline: Baseline, check: Check) -> DiagnosticChange:
        """What a write did: new, fixed, unchanged (LANG-4)."""
        return change(baseline, check)

    def known(self) -> Problems:
        """The last answers about all files the servers hold open; asks nobody."""
        return Problems(problems=self._inquiry.known(self._roster.servers), answers=[])

    def warm(self, path: Path) -> None:
        """Starts the servers of a file that is likely to be asked about."""
        if self._trusted:
            self._own(self._warm(path))

    # The servers themselves

    @property
    def trusted(self) -> bool:
        """Whether servers may run: they execute code of the workspace."""
        return self._trusted

    @trusted.setter
    def trusted(self, trusted: bool) -> None:
        if trusted == self._trusted:
            return
        self._trusted = trusted
        if not trusted:
            self._own(self._roster.retire_all())
        self._changed()

    def status(self) -> LanguageStatus:
        """All servers of the workspace, with a hint where one is missing or has failed."""
        return LanguageStatus(servers=self._roster.status(self._trusted), trusted=self._trusted)

    async def restart(self, server: str | None = None) -> None:
        """Starts a server anew, or all. Raises NotFound for an id nobody knows."""
        if server is not None and not self._roster.knows(server):
            raise NotFound(f"no language server is called {server}")
        self._roster.look_again()
        wanted = [one for one in self._roster.servers if server in (None, one.spec.id)]
        if self._trusted:
            await asyncio.gather(*(one.restart() for one in wanted))

    async def configure(self, overrides: Mapping[str, Override]) -> None:
        """Takes new settings; only servers whose own have changed are stopped."""
        await self._roster.reconfigure(specs(overrides, self._built_in))
        self._changed()

    async def close(self) -> None:
        """Ends all servers; a few seconds at most."""
        self._trusted = False
        await self._sync.end()
        await self._roster.retire_all()
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)

    # Parts

    async def _prepare(self, path: Path) -> tuple[Path, list[LanguageServer], list[ServerAnswer]]:
        """The servers that can be asked, which have the newest text now, and answers for those that can't."""
        servers, absent = await self._roster.serving(path)
        answers = [_unavailable(one.spec.id, one.hint) for one in absent]
        try:
            text = await self._sync.put(path, servers)
        except TooLarge:
            return path, [], answers + [_unavailable(server.spec.id, _TOO_LARGE) for server in servers]
        if text is None:
            return path, [], [ServerAnswer(server=s.spec.id, status="error", detail=_NO_FILE) for s in servers]
        return path, servers, answers

    def _untrusted(self, paths: Sequence[Path]) -> Check:
        wanted = {spec.id for path in paths for spec in self._roster.wants(path) if not spec.optional}
        answers = [_unavailable(name, _UNTRUSTED) for name in sorted(wanted)]
        return Check([FileProblems(path, "", {}) for path in paths], [], answers)

    async def _warm(self, path: Path) -> None:
        await self.check([path], WARM_DEADLINE, others=0)

    def _own(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _wrote(self) -> None:
        for listener in self._on_write:
            listener()

    def _changed(self) -> None:
        for listener in self._listeners:
            listener()


def _unavailable(server: str, why: str) -> ServerAnswer:
    return ServerAnswer(server=server, status="unavailable", detail=why)
