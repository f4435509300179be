"""A session in memory: what its agent needs at hand. The log can always make it anew."""

import asyncio
from pathlib import Path

from dispatch_ls.agents.journal import Journal
from dispatch_ls.agents.log_view import LogView
from dispatch_ls.agents.mailbox import Mailbox
from dispatch_ls.agents.streaming import Streamed
from dispatch_ls.protocol.events import Event
from dispatch_ls.protocol.methods import InFlight, Snapshot
from dispatch_ls.protocol.sessions import Session
from dispatch_ls.sessions.snapshot import fold_session


class Live:
    """One session that somebody works with. `lock` orders what starts, queues and ends turns."""

    def __init__(self, journal: Journal) -> None:
        self.journal = journal
        self.directory = Path()
        self.view = LogView()
        self.mailbox = Mailbox()
        self.lock = asyncio.Lock()
        self.turn_id: str | None = None
        self.task: asyncio.Task[None] | None = None
        self.ending = False
        self.stopped = False
        self.streaming: set[Streamed] = set()
        self._session: Session | None = None
        self._seq = 0
        self._early: list[Event] | None = []

    @property
    def session_id(self) -> str:
        """The session's id."""
        return self.journal.session_id

    @property
    def running(self) -> bool:
        """Whether a turn is under way."""
        return self.task is not None

    @property
    def session(self) -> Session:
        """The header as of the last commit."""
        if self._session is None:
            raise RuntimeError("load() comes first")
        return self._session

    def load(self, snapshot: Snapshot, directory: Path) -> None:
        """Start from what the log holds."""
        self.directory = directory
        self._session = snapshot.session
        self.mailbox = Mailbox(snapshot.queue)
        early, self._early = self._early or [], None
        for event in snapshot.events:
            self.view.apply(event)
        self._seq = snapshot.seq
        self.apply(early)

    def apply(self, events: list[Event]) -> None:
        """Take committed events in; each counts once, also one that came while the log was being read."""
        if self._early is not None:
            self._early += events
            return
        newer = [event for event in events if event.seq > self._seq]
        if newer:
            self._seq = newer[-1].seq
            self._session = fold_session(newer, self._session)
        for event in newer:
            self.view.apply(event)

    def in_flight(self) -> list[InFlight]:
        """The texts that are growing now."""
        return [streamed.in_flight() for streamed in self.streaming]

    def flush(self) -> None:
        """Log all that has streamed so far, so that the log holds what was shown."""
        for streamed in self.streaming:
            streamed.flush()
