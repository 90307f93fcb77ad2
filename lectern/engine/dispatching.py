"""Dispatch: give the broker the ids of eligible runs, as many as workers will soon take, never the backlog."""

from lectern.base.log import logger
from lectern.engine.domain.worker import Worker
from lectern.engine.errors import BrokerUnavailable
from lectern.engine.options import EngineOptions
from lectern.engine.ports import Broker, RunQueue, WorkerRegistry

log = logger(__name__)


def dispatch(
    queue: str, runs: RunQueue, workers: WorkerRegistry, broker: Broker, options: EngineOptions
) -> int:
    """Fill the window of `queue` and return how many messages were sent.

    1. count what the window may hold and what it holds, 2. mark that many eligible runs, 3. publish them. What cannot
    be published loses its mark, and the error is raised on: the next sweep tries again. kill -9 between 2 and 3 leaves
    marked runs without a message: `sweeping` finds them by a free slot.
    """
    room = _window(queue, workers.live(options.lease_seconds), options) - runs.dispatched(queue)
    run_ids = runs.take_eligible(queue, room)
    if not run_ids:
        return 0
    try:
        broker.publish(queue, run_ids)
    except BrokerUnavailable:
        runs.undo_dispatch(run_ids)
        raise
    log.debug("dispatch", queue=queue, runs=len(run_ids))
    return len(run_ids)


def _window(queue: str, live: list[Worker], options: EngineOptions) -> int:
    """About twice the slots: enough that no slot waits for a publisher, little enough to lose."""
    slots = sum(worker.slots.get(queue, 0) for worker in live)
    return max(options.window_floor, 2 * slots)
