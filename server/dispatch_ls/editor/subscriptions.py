"""Which news one editor gets: of sessions it opened, without gap or repeat; headers of all once it shows the tree."""

import logging
from dataclasses import dataclass, field

from dispatch_ls.editor.deltas import Deltas
from dispatch_ls.editor.outgoing import Weight
from dispatch_ls.editor.rpc import Rpc
from dispatch_ls.protocol.base import JsonObject
from dispatch_ls.protocol.events import Delta, Event, Events
from dispatch_ls.protocol.methods import SessionsCut
from dispatch_ls.protocol.sessions import WORKSPACE

HEADERS = ("session.", "permission.", "question.")
"""Types of events that an agent tree lives from."""

PRIVATE = "replay"
"""A field of items that only the provider they came from can read."""

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Opened:
    """A session the editor knows up to `sent`; while requests to open it run, its news are held."""

    sent: int | None = None
    opening: int = 0
    held: list[Events | Delta] = field(default_factory=list)


class Subscriptions:
    """The `Tell` of an editor that speaks `dispatch/*`."""

    def __init__(self, rpc: Rpc) -> None:
        self._rpc = rpc
        self._opened: dict[str, _Opened] = {}
        self._tree = _Opened()
        self._deltas = Deltas(self._send_delta)

    def tell(self, news: Events | Delta) -> None:
        """Send, hold or pass over one piece of news."""
        opened = self._opened.get(news.session_id)
        if opened and opened.opening:
            opened.held.append(news)
        elif isinstance(news, Delta):
            if opened:
                self._deltas.add(news)
        elif opened:
            self._forward(opened, news)
        elif news.session_id == WORKSPACE:
            self._send(news.session_id, news.events)
        else:
            self._tell_tree(news)

    # dispatch/session/open and close

    def opening(self, session_id: str) -> None:
        """A snapshot is about to be taken: news from now on are held, those it does not contain follow it."""
        self._opened.setdefault(session_id, _Opened()).opening += 1

    def opened(self, session_id: str, seq: int) -> None:
        """The snapshot was sent; it contains all up to `seq`."""
        opened = self._opened.get(session_id)
        if opened:
            opened.sent = seq
            self._release(session_id, opened)

    def not_opened(self, session_id: str) -> None:
        """There was no snapshot; what the editor knew before stays true."""
        opened = self._opened.get(session_id)
        if opened:
            self._release(session_id, opened)

    def closed(self, session_id: str) -> None:
        """The editor wants no more of it."""
        self._opened.pop(session_id, None)
        self._deltas.forget(session_id)

    # dispatch/session/tree

    def opening_tree(self) -> None:
        """A tree is about to be put together: headers from now on are held."""
        self._tree.opening += 1

    def opened_tree(self) -> None:
        """The tree was sent, or could not be."""
        self._tree.opening -= 1
        self._tree.sent = 0
        if not self._tree.opening:
            held, self._tree.held = self._tree.held, []
            for news in held:
                self.tell(news)

    def close(self) -> None:
        """Send nothing any more."""
        self._opened.clear()
        self._tree = _Opened()
        self._deltas.close()

    def _release(self, session_id: str, opened: _Opened) -> None:
        opened.opening -= 1
        if opened.opening:
            return
        if opened.sent is None:
            del self._opened[session_id]
        held, opened.held = opened.held, []
        for news in held:
            self.tell(news)

    def _tell_tree(self, news: Events) -> None:
        headers = [event for event in news.events if event.type.startswith(HEADERS)]
        if not headers:
            return
        if self._tree.opening:
            self._tree.held.append(Events(session_id=news.session_id, events=headers))
        elif self._tree.sent is not None:
            self._send(news.session_id, headers)

    def _forward(self, opened: _Opened, news: Events) -> None:
        known = opened.sent or 0
        events = [event for event in news.events if event.seq > known]
        if events:
            # an item's deltas come before its completion (shared protocol, "Promises")
            self._deltas.flush(news.session_id)
            opened.sent = events[-1].seq
            self._send(news.session_id, events)

    def _send(self, session_id: str, events: list[Event]) -> None:
        message = {"sessionId": session_id, "events": [event_wire(event) for event in events]}
        if not self._rpc.tell("dispatch/events", message, Weight.NEWS):
            self._cut()

    def _send_delta(self, delta: Delta) -> None:
        self._rpc.tell("$/dispatch/delta", delta.wire(), Weight.DROPPABLE)

    def _cut(self) -> None:
        """The editor does not read: forget what waits for it, and say so; it opens its sessions again."""
        cut = [session_id for session_id, opened in self._opened.items() if not opened.opening]
        for session_id in cut:
            self.closed(session_id)
        if self._tree.sent is not None:
            self._tree.sent = None
            cut.append(WORKSPACE)
        _log.warning("the editor does not read: its news of %d sessions were cut", len(cut))
        self._rpc.cut_news()
        self._rpc.tell("dispatch/session/cut", SessionsCut(session_ids=cut).wire())


def event_wire(event: Event) -> JsonObject:
    """An event as an editor may see it."""
    wire = event.wire()
    data = wire.get("data")
    if isinstance(data, dict):
        data.pop(PRIVATE, None)
    return wire
