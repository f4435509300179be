"""A reload of the configuration reaches the parts that keep something of it, and is news of the workspace."""

import asyncio
from collections.abc import Awaitable, Callable

from dispatch_ls.config.load import Loaded
from dispatch_ls.config.settings import Settings
from dispatch_ls.protocol.events import ConfigReloaded, Draft, EventType
from dispatch_ls.protocol.sessions import WORKSPACE
from dispatch_ls.sessions.store import Store


class Reloads:
    """Takes reloads in, in order; owns the task that does."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.then: list[Callable[[Settings], Awaitable[None]]] = []
        """What has to be done with new settings, in order."""
        self._taking: asyncio.Task[None] | None = None

    def reloaded(self, loaded: Loaded) -> None:
        """The configuration's `on_reload`."""
        self._taking = asyncio.create_task(self._take(loaded, self._taking), name="take in dispatch.toml")

    async def close(self) -> None:
        """Stop taking in."""
        if self._taking is not None:
            self._taking.cancel()
            await asyncio.wait([self._taking])

    async def _take(self, loaded: Loaded, before: asyncio.Task[None] | None) -> None:
        if before is not None:
            await asyncio.wait([before])
        for take in self.then:
            await take(loaded.settings)
        if self._store.read_only is None:
            news = ConfigReloaded(
                files=[str(file) for file in loaded.files], problems=[str(problem) for problem in loaded.problems]
            )
            await self._store.append(WORKSPACE, [Draft(type=EventType.CONFIG_RELOADED, data=news.wire())])
