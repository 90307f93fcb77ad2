"""Work beside the requests: a thread that repeats a step, and the one by which a web process dispatches."""

import random
from collections import deque
from collections.abc import Callable
from functools import partial
from threading import Event, Thread
from uuid import UUID

from lectern.base.log import logger
from lectern.engine.engine import Engine
from lectern.engine.sweeping import attempt

log = logger(__name__)

#: A round of dispatching costs some statements and serves all runs that were submitted before it: with a hundred a
#: second it is not made for each. The first one after a quiet moment begins at once.
_REST_SECONDS = 0.01

#: How long the end of a thread is waited for.
STOP_SECONDS = 5


class Repeater:
    """A daemon thread that calls `step` every `seconds` (jittered by a quarter), and at once after `poke`.

    `seconds` None: only when poked. Between two rounds are at least `rest_seconds`, however often it is poked. What `step`
    raises is logged and ends nothing.
    """

    def __init__(
        self, name: str, step: Callable[[], object], seconds: float | None, rest_seconds: float = 0
    ) -> None:
        self._name, self._step, self._seconds, self._rest_seconds = name, step, seconds, rest_seconds
        self._poked, self._stopped = Event(), Event()
        self._thread = Thread(target=self._repeat, name=f"lectern-{name}", daemon=True)

    def start(self) -> None:
        """Begin to repeat."""
        self._thread.start()

    def poke(self) -> None:
        """Ask for the next round now; never blocks."""
        self._poked.set()

    def stop(self) -> None:
        """End after the round under way, waiting for it for a bounded time."""
        self._stopped.set()
        self._poked.set()
        if self._thread.is_alive():
            self._thread.join(STOP_SECONDS)

    def _repeat(self) -> None:
        while not self._stopped.is_set():
            try:
                self._step()
            except Exception:
                log.exception(self._name)
            self._stopped.wait(self._rest_seconds)
            pause = self._seconds and self._seconds * random.uniform(0.75, 1.25)
            self._poked.wait(pause)
            self._poked.clear()


class Dispatcher:
    """The thread by which a web process tells the broker of new runs and of cancelled ones, off every request's path.

    When the broker is away a round costs its thread some tenths of a second; what it does not hear is left to the
    workers' sweep and heartbeat.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        #: Runs whose workers are still to be told; of very many the oldest are left to the heartbeat.
        self._cancelled: deque[UUID] = deque(maxlen=1000)
        #: Queues that may have runs to dispatch.
        self._queues: set[str] = set()
        self._thread = Repeater("dispatch", self._round, None, _REST_SECONDS)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def poke(self, *queues: str) -> None:
        """Have runs dispatched soon that wait in these queues, or in any where none is named; never blocks."""
        self._queues.update(queues or self._engine.queues)
        self._thread.poke()

    def announce_cancel(self, run_id: UUID) -> None:
        """Have the workers told soon that a run was cancelled; never blocks."""
        self._cancelled.append(run_id)
        self._thread.poke()

    def _round(self) -> None:
        while self._cancelled:
            announce = partial(self._engine.broker.announce_cancel, self._cancelled.popleft())
            if not attempt("announce_cancel", announce):
                self._cancelled.clear()
        for _ in range(len(self._queues)):
            attempt("dispatch", partial(self._engine.dispatch, self._queues.pop()))
