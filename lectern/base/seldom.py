"""Seldom: have one of many like events told each minute, and the others counted."""

import time
from collections.abc import Callable
from threading import Lock

#: Between two that are told.
AGAIN_SECONDS = 60.0


class Seldom:
    """Counts events of one kind."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._lock = clock, Lock()
        self._count, self._next = 0, float("-inf")

    def count(self) -> int:
        """Count one; return how many are to be told now, the untold before it included; 0 while the last telling is fresh."""
        with self._lock:
            self._count, now = self._count + 1, self._clock()
            if now < self._next:
                return 0
            self._next, count, self._count = now + AGAIN_SECONDS, self._count, 0
            return count
