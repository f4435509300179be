"""The queue of one session (LOOP-6): what was sent while its agent was busy, in order."""

from collections.abc import Sequence
from itertools import takewhile

from dispatch_ls.protocol.events import Draft, EventType, QueueChanged
from dispatch_ls.protocol.sessions import QueuedMessage


class Mailbox:
    """Messages that wait. Each change gives the draft that makes it durable; the caller appends it."""

    def __init__(self, queue: Sequence[QueuedMessage] = ()) -> None:
        self._queue = list(queue)

    def __len__(self) -> int:
        return len(self._queue)

    @property
    def queue(self) -> list[QueuedMessage]:
        """What waits, oldest first."""
        return list(self._queue)

    def copy(self) -> "Mailbox":
        """Another queue that holds the same, to try a change on."""
        return Mailbox(self._queue)

    def put(self, message: QueuedMessage) -> Draft:
        """Let a message wait."""
        self._queue.append(message)
        return self.changed()

    def remove(self, message_id: str) -> Draft | None:
        """Take a message back; None where it does not wait (any more)."""
        rest = [message for message in self._queue if message.message_id != message_id]
        if len(rest) == len(self._queue):
            return None
        self._queue = rest
        return self.changed()

    def take_steering(self) -> list[QueuedMessage]:
        """Consume what is delivered at a tool boundary: every message that is not to wait for the turn's end."""
        taken = [message for message in self._queue if message.delivery == "steer"]
        self._queue = [message for message in self._queue if message.delivery != "steer"]
        return taken

    def take_next(self) -> list[QueuedMessage]:
        """Consume what the next turn starts with: all leading steering messages, else the one at the head."""
        leading = list(takewhile(lambda message: message.delivery == "steer", self._queue))
        return self._take(len(leading) or 1)

    def take_all(self) -> list[QueuedMessage]:
        """Consume everything."""
        return self._take(len(self._queue))

    def _take(self, count: int) -> list[QueuedMessage]:
        taken, self._queue = self._queue[:count], self._queue[count:]
        return taken

    def changed(self) -> Draft:
        """The event that says what waits now."""
        return Draft(type=EventType.QUEUE_CHANGED, data=QueueChanged(queue=self.queue).wire())
