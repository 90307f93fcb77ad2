"""Claim: a worker takes a delivered run. Of two deliveries of one message, one gets None."""

from uuid import UUID

from lectern.base.ids import new_id
from lectern.engine.domain.run import Run
from lectern.engine.ports import RunStore


def claim(
    run_id: UUID, worker_id: UUID, first_step: str, runs: RunStore, token: UUID | None = None
) -> Run | None:
    """Return the run under `token` (None: a new one), or None when there is nothing to do for this delivery."""
    return runs.claim(run_id, worker_id=worker_id, token=token or new_id(), step=first_step)
