"""Claim: a worker takes delivered runs. Of two deliveries of one message, one gets None."""

from collections.abc import Sequence
from uuid import UUID

from lectern.engine.domain.run import Run
from lectern.engine.ports import RunStore


def claim(
    asked: Sequence[tuple[UUID, UUID]], worker_id: UUID, first_step: str, runs: RunStore
) -> list[Run | None]:
    """Return each run (its id, the token that it shall get), or None where there is nothing to do for its delivery."""
    tokens: dict[UUID, UUID] = {}
    for run_id, token in asked:
        tokens.setdefault(run_id, token)  # of two deliveries at the same moment the second finds it taken
    claimed = {run.token: run for run in runs.claim(tokens, worker_id=worker_id, step=first_step)}
    return [claimed.get(token) for _, token in asked]
