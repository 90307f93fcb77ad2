"""Claim: a worker takes delivered runs. Of two deliveries of one message, one gets None."""

from collections.abc import Sequence
from uuid import UUID

from lectern.base.ids import new_id
from lectern.engine.domain.run import Run
from lectern.engine.ports import RunStore


def claim(run_ids: Sequence[UUID], worker_id: UUID, first_step: str, runs: RunStore) -> list[Run | None]:
    """Return each run under a new token of its own, or None where there is nothing to do for its delivery."""
    claimed = runs.claim({run_id: new_id() for run_id in run_ids}, worker_id=worker_id, step=first_step)
    found = {run.id: run for run in claimed}
    # Two deliveries of one message at the same moment: the second finds it taken.
    return [found.pop(run_id, None) for run_id in run_ids]
