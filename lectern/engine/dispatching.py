"""Dispatch: give the broker the ids of eligible runs, as many as workers will soon take, never the backlog."""

import time
from collections import Counter
from math import inf

from lectern.base.log import logger
from lectern.engine.errors import BrokerUnavailable
from lectern.engine.options import EngineOptions
from lectern.engine.ports import Broker, RunQueue, WorkerRegistry

log = logger(__name__)


def dispatch(
    queue: str,
    runs: RunQueue,
    workers: WorkerRegistry,
    broker: Broker,
    windows: "Windows",
    options: EngineOptions,
) -> int:
    """Fill the window of `queue` and return how many messages were sent.

    1. look up what the window may hold, 2. mark eligible runs until it is full, 3. publish them. What cannot
    be published loses its mark, and the error is raised on: the next sweep tries again. kill -9 between 2 and 3 leaves
    marked runs without a message: `sweeping` finds them by a free slot.
    """
    run_ids = runs.take_eligible(queue, windows.of(queue, workers, options))
    if not run_ids:
        return 0
    try:
        broker.publish(queue, run_ids)
    except BrokerUnavailable:
        runs.undo_dispatch(run_ids)
        raise
    log.debug("dispatch", queue=queue, runs=len(run_ids))
    return len(run_ids)


class Windows:
    """How many messages of each queue the broker may hold, as the workers' rows say at most once in a while."""

    def __init__(self) -> None:
        self._read_at = -inf
        self._slots: Counter[str] = Counter()

    def of(self, queue: str, workers: WorkerRegistry, options: EngineOptions) -> int:
        """Return about twice the slots: enough that no slot waits for a publisher, little enough to lose."""
        now = time.monotonic()
        if now - self._read_at > options.window_seconds:
            live = workers.live(options.lease_seconds)
            self._slots = sum((Counter(worker.slots) for worker in live), Counter())
            self._read_at = now
        return max(options.window_floor, 2 * self._slots[queue])
