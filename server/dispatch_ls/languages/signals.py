"""Waiting until something happens, with any number of waiters."""

import asyncio


class Signal:
    """Wakes all who wait, each time it is fired; look at the condition again after waking."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def fire(self) -> None:
        """Wakes all who wait now."""
        self._event.set()
        self._event = asyncio.Event()

    async def wait(self, timeout: float | None = None) -> None:
        """Returns at the next firing, or after `timeout` seconds."""
        waiting = asyncio.ensure_future(self._event.wait())
        try:
            await asyncio.wait({waiting}, timeout=timeout)
        finally:
            waiting.cancel()
