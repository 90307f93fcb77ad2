"""Work beside the requests: a thread that repeats a step, and the one by which a web process dispatches."""

import random
from collections.abc import Callable
from functools import partial
from threading import Event, Thread

from lectern.base.log import logger
from lectern.engine.engine import Engine
from lectern.engine.sweeping import attempt

log = logger(__name__)

#: How long the end of a thread is waited for.
STOP_SECONDS = 5


class Repeater:
    """A daemon thread that calls `step` every `seconds` (jittered by a quarter), and at once after `poke`.

    `seconds` None: only when poked. Pokes within `settle_seconds` of the first one lead to one round. What `step` raises
    is logged and ends nothing.
    """

    def __init__(
        self, name: str, step: Callable[[], object], seconds: float | None, *, settle_seconds: float = 0.0
    ) -> None:
        self._name, self._step, self._seconds, self._settle_seconds = name, step, seconds, settle_seconds
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
            pause = self._seconds and self._seconds * random.uniform(0.75, 1.25)
            if self._poked.wait(pause) and self._settle_seconds:
                self._stopped.wait(self._settle_seconds)
            self._poked.clear()


def dispatcher(engine: Engine) -> Repeater:
    """Return the thread by which a web process hands new runs to the broker, off every request's path.

    When the broker is away a round costs its thread some tenths of a second; the workers' sweep does the work later.
    """

    def dispatch_all() -> None:
        for queue in engine.queues:
            attempt("dispatch", partial(engine.dispatch, queue))

    return Repeater("dispatch", dispatch_all, None)
