"""What keeps an agent from going on for ever (LOOP-7)."""

from collections import deque

REPEATS = 3
"""As many times the same call with the same result, one after the other, and the user is asked."""

WINDOW = 10
FREQUENT = 5
"""As many times among the last `WINDOW` calls, which catches an agent that alternates between two."""


class DoomLoop:
    """Notices that an agent repeats itself: the same call with the same result."""

    def __init__(self) -> None:
        self._recent: deque[tuple[str, str, str]] = deque(maxlen=WINDOW)

    def repeats(self, tool: str, arguments: str, result: str) -> bool:
        """Whether this call makes it a loop."""
        call = (tool, arguments, result)
        self._recent.append(call)
        last = list(self._recent)[-REPEATS:]
        return last.count(call) >= REPEATS or self._recent.count(call) >= FREQUENT

    def forget(self) -> None:
        """Start counting anew, as after the user said to go on."""
        self._recent.clear()
