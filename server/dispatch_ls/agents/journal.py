"""How the agents of one session speak: durably through the log, and ahead of it by deltas."""

import asyncio
from typing import Literal

from dispatch_ls.agents.tell import Tell
from dispatch_ls.protocol.events import Delta, Draft, Event
from dispatch_ls.sessions.store import Store

Field = Literal["text", "thought", "input", "output"]


class Journal:
    """The log of one session, seen by who writes it."""

    def __init__(self, store: Store, tell: Tell, session_id: str) -> None:
        self.session_id = session_id
        self.store = store
        self._tell = tell
        self._muted = False

    def log(self, *drafts: Draft) -> asyncio.Future[list[Event]]:
        """Append; the order of calls is the order of `seq`, and the future resolves once it is on disk."""
        if self._muted:
            nothing: asyncio.Future[list[Event]] = asyncio.get_running_loop().create_future()
            nothing.set_result([])
            return nothing
        return self.store.append(self.session_id, drafts)

    def mute(self) -> None:
        """Log no more: the server ends, and what waits for the user is to stay as the log has it."""
        self._muted = True

    def delta(self, item_id: str, field: Field, offset: int, text: str) -> None:
        """Text that streams, told at once."""
        self._tell.tell(Delta(session_id=self.session_id, item_id=item_id, field=field, offset=offset, text=text))
