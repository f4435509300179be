"""The sessions in memory, each made from the log when it is first needed."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from dispatch_ls.agents.journal import Journal
from dispatch_ls.agents.live import Live
from dispatch_ls.agents.tell import Tell
from dispatch_ls.protocol.events import Event, Events
from dispatch_ls.protocol.methods import Snapshot
from dispatch_ls.sessions.store import Store


class Lives:
    """Sessions by id; what the log commits reaches their views first, then whoever listens."""

    def __init__(self, tell: Tell) -> None:
        self.tell = tell
        self.on_load: Callable[[Snapshot], None] = lambda _: None
        """Called with all of a session before its agent goes on, such as to restore what was granted for it."""
        self._lives: dict[str, Live] = {}
        self._loading: dict[str, asyncio.Lock] = {}

    def committed(self, session_id: str, events: list[Event]) -> None:
        """The store's `on_commit`."""
        live = self._lives.get(session_id)
        if live is not None:
            live.apply(events)
        self.tell.tell(Events(session_id=session_id, events=events))

    async def get(self, store: Store, session_id: str) -> Live:
        """The session; NotFound where there is none."""
        async with self._loading.setdefault(session_id, asyncio.Lock()):
            live = self._lives.get(session_id)
            if live is None:
                live = Live(Journal(store, self.tell, session_id))
                self._lives[session_id] = live
                try:
                    await self._load(store, live)
                except BaseException:
                    del self._lives[session_id]
                    raise
            return live

    def journal(self, store: Store, session_id: str) -> Journal:
        """The journal of a session, in memory or not."""
        live = self._lives.get(session_id)
        return live.journal if live is not None else Journal(store, self.tell, session_id)

    def running(self) -> list[Live]:
        """The sessions with a turn under way."""
        return [live for live in self._lives.values() if live.running]

    def known(self, session_id: str) -> Live | None:
        """The session where it is in memory."""
        return self._lives.get(session_id)

    async def _load(self, store: Store, live: Live) -> None:
        snapshot = await store.snapshot(live.session_id)
        self.on_load(snapshot)
        live.load(snapshot, Path(snapshot.session.directory))
