"""The port through which news goes up: whoever listens to all sessions (an editor, a terminal, a test)."""

from typing import Protocol

from dispatch_ls.protocol.events import Delta, Events


class Tell(Protocol):
    """Called in the loop thread, in order: committed events and, between them, deltas that may be dropped."""

    def tell(self, news: Events | Delta) -> None:
        """Take one piece of news; must not block and must not raise."""
