"""Sweep: what every worker does every two seconds so that nothing is forgotten, whoever died."""

from collections.abc import Callable, Iterable

from lectern.base.errors import LecternError
from lectern.base.log import logger
from lectern.engine.domain.run import Run
from lectern.engine.errors import LeaseLost
from lectern.engine.finishing import give_back
from lectern.engine.options import EngineOptions
from lectern.engine.ports import Broker, LostRuns, ResultCopies, RunQueue, RunStore

log = logger(__name__)

_COPIES_AT_ONCE = 100
#: Runs of lost workers that are read together: a worker holds thousands, and each may have a megabyte of input.
_LOST_AT_ONCE = 100


def take_back(runs: RunStore, lost: LostRuns, options: EngineOptions) -> int:
    """Requeue the runs of workers that gave no sign of life; return how many."""
    taken = 0
    while found := lost.abandoned(options.lease_seconds, _LOST_AT_ONCE):
        moved = sum(_take_back(run, runs) for run in found)
        taken += moved
        if not moved:  # others are at it
            break
    return taken


def _take_back(run: Run, runs: RunStore) -> bool:
    try:
        give_back(run, "Its worker was lost, another one takes over", runs)
    except LeaseLost:  # it ended after all, or another sweep was faster
        return False
    log.warning("take_back", **run.log_context(), worker_id=str(run.worker_id))
    return True


def redeliver(
    queues: Iterable[str], has_free_slot: Callable[[str], bool], runs: RunQueue, options: EngineOptions
) -> int:
    """Forget dispatches whose message must be lost; return how many.

    A message that lies in the broker is taken at once by a free slot. So a run that was dispatched some seconds ago and
    waits still, while a slot here is free, has no message: the broker lost it, or a dead worker had it reserved. A
    wrong guess costs one more message, and the second delivery is dropped at the claim.
    """
    lost = 0
    for queue in queues:
        if has_free_slot(queue):
            lost += runs.forget_dispatches(queue, options.redelivery_seconds)
    if lost:
        log.warning("redeliver", runs=lost)
    return lost


def copy_results(copies: ResultCopies, broker: Broker, options: EngineOptions) -> int:
    """Give Celery's result backend the outcomes that it has not got; return how many."""
    runs = copies.owed(_COPIES_AT_ONCE, options.result_expires_seconds)
    if runs:
        broker.copy_results(runs)
        copies.paid([run.id for run in runs])
    return len(runs)


def attempt(action: str, step: Callable[[], object]) -> bool:
    """Run one step of the sweep; an error of the store or the broker is logged and ends nothing. True if it went well."""
    try:
        step()
    except LecternError as exc:
        log.warning(action, error=str(exc), code=exc.code)
        return False
    return True
