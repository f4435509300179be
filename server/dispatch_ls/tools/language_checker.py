"""What the language servers make of a write: asked before it and after it, and compared (LANG-4)."""

import logging
from pathlib import Path

from dispatch_ls.languages.checks import Baseline
from dispatch_ls.languages.pool import CHECK_DEADLINE, Languages
from dispatch_ls.tools.checking import Verdict
from dispatch_ls.tools.problems import OTHERS, after_write, name_of

_log = logging.getLogger(__name__)


class LanguageChecker:
    """The real language servers of a workspace; `deadline` is in seconds."""

    def __init__(self, languages: Languages, workspace: Path, deadline: float = CHECK_DEADLINE) -> None:
        self._languages = languages
        self._workspace = workspace
        self._deadline = deadline
        self._warmed: set[str] = set()

    async def before(self, path: Path) -> "AroundWrite":
        """Remember what is wrong before the file is written."""
        baseline = await self._languages.baseline(path)
        return AroundWrite(self._languages, self._workspace, path, baseline, self._deadline)

    async def resync(self) -> None:
        """Files may have changed on the disk, such as by a command."""
        try:
            await self._languages.disk_changed()
        except Exception:
            _log.exception("the language servers were not told what a command changed")

    def warm(self, path: Path) -> None:
        """The agent has read a file: start the servers of its kind, so that they know it before a write."""
        if path.suffix not in self._warmed:
            self._warmed.add(path.suffix)
            self._languages.warm(path)


class AroundWrite:
    """The check around one write."""

    def __init__(self, languages: Languages, workspace: Path, path: Path, baseline: Baseline, deadline: float) -> None:
        self._languages = languages
        self._workspace = workspace
        self._path = path
        self._baseline = baseline
        self._deadline = deadline

    async def written(self, text: str) -> None:
        """The file holds this text now."""
        await self._languages.written(self._path, text)

    async def verdict(self) -> Verdict:
        """Ask about this very text; who does not answer in time is named. A fault of ours must not undo the write."""
        try:
            return await self._asked()
        except Exception:
            _log.exception("a write was not checked")
            return Verdict(None, "not checked: asking the language servers failed")

    async def _asked(self) -> Verdict:
        check = await self._languages.check([self._path], self._deadline, OTHERS)
        if not check.answers:
            return Verdict(None, "")
        change = self._languages.change(self._baseline, check)
        own, *others = check.problems.items()
        names = {name_of(path, self._workspace): problems for path, problems in others}
        text = after_write(name_of(own[0], self._workspace), change, own[1], names, complete=check.complete)
        return Verdict(change, text)
