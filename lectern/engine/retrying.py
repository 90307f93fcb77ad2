"""Retry: which errors are worth another attempt, and how long a run waits for it. The one policy; a workload may tune it."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class RetryPolicy:
    """How the failed attempts of a workload are followed by others; `Workload.max_attempts` says how many there are."""

    #: Pause before the second attempt; doubles with each, and is shortened by up to a half at random.
    first_pause_seconds: float = 1
    #: No pause of ours is longer. What a provider asks for (`Retry-After`) is kept, however long.
    longest_pause_seconds: float = 30
    #: Asked first about each error: True: another attempt, False: none, None: as its kind says.
    sorts: Callable[[Exception], bool | None] | None = None
