"""An event loop on a thread of its own, which tells how late it is."""

import asyncio
import atexit
import time
from collections.abc import Coroutine
from concurrent.futures import Future
from threading import Lock, Thread
from typing import Any, TypeVar

import uvloop

from lectern.base.log import logger
from lectern.base.threads import DaemonThreads

log = logger(__name__)

T = TypeVar("T")

_STOP_SECONDS = 5
#: How long what its threads do is waited for: one batch of passages is embedded in less.
_CALLS_SECONDS = 15.0
#: How often the loop is asked for its time.
_LOOK_SECONDS = 0.1
#: A loop that is later than this is logged, but not more often than every `_LOG_SECONDS`.
_LATE_SECONDS = 0.5
_LOG_SECONDS = 10.0
#: For how long the worst lag is remembered at least; twice that at most.
_WORST_SECONDS = 30.0


class LoopThread:
    """A running loop. What blocks goes to its `threads`, as asyncio's own `to_thread` does."""

    def __init__(self, threads: int, name: str = "lectern-loop") -> None:
        self.loop = uvloop.new_event_loop()
        #: Its default executor: at most `threads`.
        self.threads = DaemonThreads(threads, "lectern-node")
        self.loop.set_default_executor(self.threads)
        self.lag = Lag(self.loop)
        self._thread = Thread(target=self._serve, name=name, daemon=True)
        self._lock, self._started, self._stopping = Lock(), False, False

    def start(self) -> None:
        """Begin to serve, unless it does already."""
        with self._lock:
            if not self._started:
                self._started = True
                # A thread that is inside C++ when the interpreter ends takes the process down with SIGABRT.
                atexit.register(self.stop)
                self._thread.start()

    def is_alive(self) -> bool:
        """Return True while its thread lives, which is not to say that it answers."""
        return self._thread.is_alive()

    def submit(self, coroutine: Coroutine[Any, Any, T]) -> "Future[T]":
        """Run a coroutine on it, from another thread."""
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop)

    def stop(self) -> None:
        """Cancel what runs on it, end its thread and let calls on its threads end; bounded in time."""
        self._stopping = True
        if self._thread.is_alive():
            self.loop.call_soon_threadsafe(self.loop.stop)
            self._thread.join(_STOP_SECONDS)
        self.threads.shutdown(wait=False)
        self.threads.join(_CALLS_SECONDS)
        atexit.unregister(self.stop)

    def _serve(self) -> None:
        asyncio.set_event_loop(self.loop)
        self.loop.call_soon(self.lag.begin)
        while not self._stopping:
            try:
                self.loop.run_forever()
            except (SystemExit, KeyboardInterrupt):  # some task's, which fails by it; all others go on
                log.warning("exit_ignored")
            except BaseException:
                log.exception("loop_interrupted")
        self._cancel_all()
        self.loop.close()

    def _cancel_all(self) -> None:
        tasks = asyncio.all_tasks(self.loop)
        for task in tasks:
            task.cancel()
        if tasks:
            self.loop.run_until_complete(asyncio.wait(tasks, timeout=1))


class Lag:
    """How much later than asked a loop does things: what blocks it, or is too much for one core, shows here."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._seconds = self._worst = self._worst_before = 0.0
        self._due = self._turn = self._logged = 0.0

    @property
    def seconds(self) -> float:
        """How late it was when it was asked last, or is by now."""
        overdue = time.monotonic() - self._due if self._due else 0.0
        return max(self._seconds, overdue)

    @property
    def worst_seconds(self) -> float:
        """How late it was at worst within the last minute or half."""
        return max(self._worst, self._worst_before, self.seconds)

    def begin(self) -> None:
        """Ask again and again; called on the loop."""
        self._due = self._turn = time.monotonic()
        self._look()

    def _look(self) -> None:
        now = time.monotonic()
        self._seconds = max(0.0, now - self._due)
        if now - self._turn > _WORST_SECONDS:
            self._worst_before, self._worst, self._turn = self._worst, 0.0, now
        self._worst = max(self._worst, self._seconds)
        if self._seconds > _LATE_SECONDS and now - self._logged > _LOG_SECONDS:
            self._logged = now
            log.warning("loop_late", lag_seconds=round(self._seconds, 2))
        self._due = now + _LOOK_SECONDS
        self._loop.call_later(_LOOK_SECONDS, self._look)
