"""Cancel and purge: runs end REVOKED, and stay so whatever their worker does later."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from lectern.engine.domain.run import UNFINISHED, Run, RunStatus
from lectern.engine.errors import unknown
from lectern.engine.ports import RunQueue, RunStore

#: The sentence of every run that was cancelled or purged.
CANCELLED = "Task was cancelled"


def cancel(run_id: UUID, runs: RunStore) -> Run:
    """End a run that has not ended, and return it; one that has is returned as it is. Raises `UnknownRun`.

    The row moves at once. A worker that executes it learns by its next heartbeat and stops the coroutine; whatever it
    still wants to write carries a token that is gone.
    """
    moved = runs.move(
        run_id, RunStatus.CANCELLED, only_from=UNFINISHED, error=CANCELLED, error_code="cancelled"
    )
    run = moved or runs.get(run_id)
    if run is None:
        raise unknown(run_id)
    return run


def purge(queues: Collection[str], created_before: datetime, runs: RunQueue) -> int:
    """End every run that waits in `queues`, in backoff included; running and newer ones go on. Return how many."""
    return runs.purge(queues, created_before, CANCELLED)
