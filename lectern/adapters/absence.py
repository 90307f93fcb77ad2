"""Absence: what the log is told of a server that does not answer. Not each call that it misses: an ingest makes thousands."""

import time
from collections.abc import Callable
from threading import Lock

from lectern.base.errors import LecternError
from lectern.base.log import logger
from lectern.base.seldom import Seldom

_log = logger(__name__)


class Absence:
    """Tells that a server is away when it goes, each minute in which it is missed, and that it is back."""

    def __init__(self, server: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._server, self._clock, self._lock = server, clock, Lock()
        self._seldom = Seldom(clock)
        #: Calls that it missed since it went, and since when; no call while it is there.
        self._missed, self._since = 0, 0.0
        #: Whether its return is news: of one that comes and goes all the time, most of it is not told.
        self._is_told = False

    def missed(self, error: LecternError) -> None:
        """Count a call that it did not answer, or that was not made since it is away."""
        with self._lock:
            self._since = self._since if self._missed else self._clock()
            self._missed += 1
            if not self._seldom.count():
                return
            self._is_told = True
            missed, seconds = self._missed, round(self._clock() - self._since)
        _log.warning("server_away", server=self._server, missed=missed, seconds=seconds, error=str(error))

    def over(self) -> None:
        """Note that it answered."""
        if not self._missed:  # each call comes here: no lock
            return
        with self._lock:
            missed, seconds, is_told = self._missed, round(self._clock() - self._since), self._is_told
            self._missed, self._is_told = 0, False
        if is_told:
            _log.info("server_back", server=self._server, missed=missed, seconds=seconds)
