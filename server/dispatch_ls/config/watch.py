"""The configuration as it changes: files are read again when saved, and a broken one keeps its last good state.

Saves in quick succession are one reload. Files and directories may come later; links are followed to what they mean.
"""

import asyncio
import contextlib
import logging
import os
from collections.abc import AsyncGenerator, Callable
from pathlib import Path

from watchfiles import awatch

from dispatch_ls.config.layer import Layer, read_layer
from dispatch_ls.config.load import Loaded, combine

_log = logging.getLogger(__name__)

_QUIET_MS = 50
_AT_MOST_MS = 500

Stamp = tuple[int, int, int] | None


class Watched:
    """The settings in force, and their watch. `on_reload` is called in the loop's thread when something changed."""

    def __init__(
        self,
        user_file: Path,
        project_file: Path | None,
        *,
        trusted: bool,
        on_reload: Callable[[Loaded], None],
        check_every: float = 5.0,
    ) -> None:
        self._files = [user_file] if project_file is None else [user_file, project_file]
        self._trusted = trusted
        self._on_reload = on_reload
        self._check_every = check_every
        self._layers: list[Layer] = []
        self._stamps: list[Stamp] = []
        self._reading = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None
        self._loaded: Loaded | None = None
        self._told: Loaded | None = None

    @property
    def loaded(self) -> Loaded:
        """What is in force; there is something once `start` has returned."""
        if self._loaded is None:
            raise RuntimeError("start() comes first")
        return self._loaded

    async def start(self) -> Loaded:
        """Read the files and begin to watch them."""
        self._told = loaded = await self._read()
        self._task = asyncio.create_task(self._watch(), name="watch dispatch.toml")
        return loaded

    async def trust(self, trusted: bool) -> None:
        """The user trusts the workspace, or does not any more; what that changes is told like any reload."""
        self._trusted = trusted
        await self.reload()

    async def reload(self) -> Loaded:
        """Read the files now; tells `on_reload` if that changed anything."""
        loaded = await self._read()
        if self._told is None or _differs(self._told, loaded):
            self._told = loaded
            self._tell(loaded)
        return loaded

    async def close(self) -> None:
        """Stop watching."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _read(self) -> Loaded:
        async with self._reading:
            self._stamps = await asyncio.to_thread(self._stamps_now)
            fresh = await asyncio.to_thread(lambda: [read_layer(file) for file in self._files])
            last: list[Layer | None] = [*self._layers] or [None] * len(fresh)
            self._layers = [layer.or_last_good(good) for layer, good in zip(fresh, last, strict=True)]
            project = self._layers[1] if len(self._layers) > 1 else None
            trusted = self._trusted
            self._loaded = await asyncio.to_thread(lambda: combine(self._layers[0], project, trusted=trusted))
            return self._loaded

    def _tell(self, loaded: Loaded) -> None:
        try:
            self._on_reload(loaded)
        except Exception:
            _log.exception("a reload of the configuration was not taken in")

    async def _watch(self) -> None:
        while True:
            directories = await asyncio.to_thread(self._directories)
            async with contextlib.aclosing(_wakeups(directories, self._check_every)) as wakeups:
                async for _ in wakeups:
                    if await asyncio.to_thread(self._stamps_now) != self._stamps:
                        await self.reload()
                    if await asyncio.to_thread(self._directories) != directories:
                        break

    def _stamps_now(self) -> list[Stamp]:
        return [_stamp(file) for file in self._files]

    def _directories(self) -> set[Path]:
        """Where a change of the files shows: their directories, or the nearest ones there are, also behind links."""
        seen = [path for file in self._files for path in (file, Path(os.path.realpath(file)))]
        return {_nearest_directory(path.parent) for path in seen}


async def _wakeups(directories: set[Path], every: float) -> AsyncGenerator[None, None]:
    """One for each burst of changes, and one now and then: some network file systems tell of no change."""
    try:
        async with contextlib.aclosing(_bursts(directories, every)) as bursts:
            async for _ in bursts:
                yield
    except (OSError, RuntimeError) as error:
        _log.warning("dispatch.toml is looked at every %g s, as it can't be watched: %s", every, error)
    while True:
        await asyncio.sleep(every)
        yield


async def _bursts(directories: set[Path], every: float) -> AsyncGenerator[None, None]:
    watch = awatch(*directories, watch_filter=None, debounce=_AT_MOST_MS, step=_QUIET_MS, recursive=False)
    async with contextlib.aclosing(watch):
        change = asyncio.ensure_future(anext(watch))
        patience = _QUIET_MS / 1000  # the first look is for what changed before the watch had begun
        try:
            while True:
                await asyncio.wait([change], timeout=patience)
                patience = every
                if change.done():
                    change.result()
                    change = asyncio.ensure_future(anext(watch))
                yield
        finally:
            change.cancel()
            await asyncio.gather(change, return_exceptions=True)


def _differs(one: Loaded, other: Loaded) -> bool:
    def said(loaded: Loaded) -> object:
        return loaded.settings, loaded.origins, loaded.files, [str(problem) for problem in loaded.problems]

    return said(one) != said(other)


def _stamp(file: Path) -> Stamp:
    try:
        status = file.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino


def _nearest_directory(directory: Path) -> Path:
    while not directory.is_dir() and directory != directory.parent:
        directory = directory.parent
    return directory
