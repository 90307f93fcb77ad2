"""Absence: what the log is told of a server that does not answer. Not each call that it misses: an ingest makes thousands."""

import time
from collections.abc import Callable
from threading import Lock

from lectern.base.errors import LecternError
from lectern.base.log import logger
from lectern.base.seldom import Seldom

_log = logger(__name__)

#: Calls missed in a row after which it does not just hiccup.
_STAYS = 2


class Absence:
    """Tells that a server is away when it goes, each minute in which it is missed, and that it is back."""

    def __init__(self, server: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._server, self._clock, self._lock = server, clock, Lock()
        self._seldom = Seldom(clock)
        #: Calls that it missed since it went, and since when; no call while it is there.
        self._missed, self._since = 0, 0.0
        #: Whether its return is news.
        self._is_told = False

    def missed(self, error: LecternError) -> None:
        """Count a call that it did not answer, or that was not made since it is away."""
        with self._lock:
            self._since = self._since if self._missed else self._clock()
            self._missed += 1
            # Of one that comes and goes little is told; but that it stays away is, whatever was told last.
            stays = self._missed == _STAYS and not self._is_told
            if not self._seldom.count() and not stays:
                return
            self._is_told = True
            self._tell(_log.warning, "server_away", error=str(error))

    def over(self) -> None:
        """Note that it answered."""
        if not self._missed:  # each call comes here: no lock
            return
        with self._lock:
            if self._is_told:
                self._tell(_log.info, "server_back")
            self._missed, self._is_told = 0, False

    def _tell(self, tell: Callable[..., None], event: str, **more: str) -> None:
        """Write a line, under the lock, so that two threads write theirs in the order of what they tell."""
        seconds = round(self._clock() - self._since)
        tell(event, server=self._server, missed=self._missed, seconds=seconds, **more)
