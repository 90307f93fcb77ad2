"""Expire: a run that waits for another attempt past its deadline ends, whether or not a worker ever claims it."""

from lectern.base.log import logger
from lectern.engine.domain.run import WAITING, Run, RunStatus
from lectern.engine.ports import LostRuns, RunStore

log = logger(__name__)

#: Runs a round.
_AT_ONCE = 200


def expire(runs: RunStore, lost: LostRuns) -> int:
    """Fail the waiting runs whose deadline has passed since their first claim; return how many."""
    expired = 0
    for run in lost.overdue(_AT_ONCE):
        moved = runs.move(
            run.id, RunStatus.FAILED, only_from=WAITING, error=overdue_sentence(run), error_code="deadline"
        )
        if moved:
            expired += 1
            log.info("expire", **run.log_context())
    return expired


def overdue_sentence(run: Run) -> str:
    """Say that a run took too long, and why its last attempt failed where that is known."""
    sentence = f"This took longer than {run.deadline_seconds:g} seconds."
    return f"{sentence} The last attempt failed: {run.error}" if run.error else sentence
