"""What goes to the editor: one bounded queue and one thread that writes, so that a slow reader stops nobody (PR-14)."""

import os
import select
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto

from dispatch_ls.editor.framing import frame

BATCH = 256 * 1024
"""Bytes that are given to the system at once."""


class Weight(Enum):
    """What may become of a message when the editor does not read."""

    KEEP = auto()
    """Responses and requests: never dropped."""
    NEWS = auto()
    """Durable events: dropped all together, beyond the cap, by `cut_news`; the editor opens its sessions again."""
    DROPPABLE = auto()
    """Deltas and log lines: not queued above the high-water mark."""


@dataclass(frozen=True)
class Limits:
    """Bytes that may wait for the editor."""

    high_water: int = 1024 * 1024
    cap: int = 64 * 1024 * 1024


class Outgoing:
    """Owns the descriptor it writes to. Any thread may `put`; order is kept."""

    def __init__(self, descriptor: int, on_broken: Callable[[], None], limits: Limits | None = None) -> None:
        self._descriptor = descriptor
        self._on_broken = on_broken
        self._limits = limits or Limits()
        self._queue: deque[tuple[Weight, bytes]] = deque()
        self._size = 0
        self._closing = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._write_all, name="outgoing", daemon=True)
        os.set_blocking(descriptor, True)
        self._thread.start()

    def put(self, body: bytes, weight: Weight = Weight.KEEP) -> bool:
        """Queue a message; False where a delta was dropped, or where news have outgrown the cap: then cut them."""
        message = frame(body)
        with self._changed:
            if self._closing or (weight is Weight.DROPPABLE and self._size > self._limits.high_water):
                return False
            self._queue.append((weight, message))
            self._size += len(message)
            self._changed.notify_all()
            return weight is not Weight.NEWS or self._size <= self._limits.cap

    def cut_news(self) -> None:
        """Forget all news that wait; what is sent next tells the editor so."""
        with self._changed:
            self._queue = deque(entry for entry in self._queue if entry[0] is Weight.KEEP)
            self._size = sum(len(message) for _, message in self._queue)

    def wait_for_room(self, timeout: float) -> bool:
        """Block the calling thread until less than the cap waits; a client that never reads is not read from."""
        with self._changed:
            return self._changed.wait_for(lambda: self._closing or self._size <= self._limits.cap, timeout)

    def close(self, timeout: float = 1.0) -> None:
        """Write what waits, for at most `timeout` seconds; nothing can be queued any more."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._thread.join(timeout)

    def _write_all(self) -> None:
        try:
            while batch := self._next_batch():
                self._write(batch)
        except OSError:
            self._give_up()

    def _next_batch(self) -> bytes:
        """What to write now; empty at the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._queue or self._closing)
            taken: list[bytes] = []
            size = 0
            while self._queue and size < BATCH:
                taken.append(self._queue.popleft()[1])
                size += len(taken[-1])
            self._size -= size
            self._changed.notify_all()
        return b"".join(taken)

    def _write(self, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            try:
                rest = rest[os.write(self._descriptor, rest) :]
            except BlockingIOError:
                # another holder of the same pipe has made it non-blocking again
                select.select([], [self._descriptor], [])

    def _give_up(self) -> None:
        with self._changed:
            self._closing = True
            self._queue.clear()
            self._size = 0
            self._changed.notify_all()
        self._on_broken()
