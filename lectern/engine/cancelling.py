"""Cancel and purge: runs end REVOKED, and stay so whatever their worker does later."""

from collections.abc import Callable, Collection
from datetime import datetime
from uuid import UUID

from lectern.engine.domain.run import WAITING, Run, RunStatus
from lectern.engine.errors import unknown
from lectern.engine.ports import RunQueue, RunStore

#: The sentence of every run that was cancelled or purged.
CANCELLED = "Task was cancelled"


def cancel(run_id: UUID, runs: RunStore, tell_worker: Callable[[UUID], object] = lambda _: None) -> Run:
    """End a run that has not ended, and return it; one that has is returned as it is. Raises `UnknownRun`.

    The row moves at once. `tell_worker` is called when a worker was executing it, and may do nothing: that worker learns
    by its next heartbeat as well, and whatever it still wants to write carries a token that is gone.
    """
    while True:
        if waited := _cancelled(run_id, WAITING, runs):
            return waited
        if executed := _cancelled(run_id, {RunStatus.RUNNING}, runs):
            tell_worker(run_id)
            return executed
        run = runs.get(run_id)
        if run is None:
            raise unknown(run_id)
        if run.ended:
            return run
        # It was given back between the two moves: once more.


def _cancelled(run_id: UUID, only_from: Collection[RunStatus], runs: RunStore) -> Run | None:
    return runs.move(
        run_id, RunStatus.CANCELLED, only_from=only_from, error=CANCELLED, error_code="cancelled"
    )


def purge(queues: Collection[str], created_before: datetime, runs: RunQueue) -> int:
    """End every run that waits in `queues`, in backoff included; running and newer ones go on. Return how many."""
    return runs.purge(queues, created_before, CANCELLED)
