"""When a failed request to a model is made again (facts: what peers get wrong): only before it said anything."""

import random
from datetime import timedelta

from dispatch_ls.protocol.errors import ErrorClass, ProviderError

ATTEMPTS = 5
"""Requests for one answer, the first included."""

LONGEST_WAIT = timedelta(hours=1).total_seconds()
"""A provider that asks for more is not waited for."""

FIRST_PAUSE = 0.5
RATE_LIMIT_PAUSE = 2.0
"""Seconds where the provider named none (DISP-4)."""


class Retry:
    """Counts the attempts at one answer."""

    def __init__(self, attempts: int = ATTEMPTS) -> None:
        self._left = attempts - 1
        self._failures = 0

    def pause(self, error: ProviderError, *, started: bool) -> float | None:
        """Seconds until the next attempt, or None where there is to be none."""
        # after the first content a second attempt would show the same text twice
        if started or not error.retryable or self._left <= 0:
            return None
        self._left -= 1
        self._failures += 1
        if error.retry_after is not None:
            return error.retry_after if error.retry_after <= LONGEST_WAIT else None
        base = RATE_LIMIT_PAUSE if error.error_class is ErrorClass.RATE_LIMIT else FIRST_PAUSE
        return float(base * 2 ** (self._failures - 1) * random.uniform(1.0, 1.2))
