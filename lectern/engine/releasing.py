"""Release: a worker that stops gives all its runs back at once, and none of them loses an attempt by that."""

from uuid import UUID

from lectern.base.log import logger
from lectern.engine.ports import LostRuns

log = logger(__name__)


def release(worker_id: UUID, lost: LostRuns) -> int:
    """Return every run that a worker holds to the queue, by one conditional write; return how many."""
    released = lost.release(worker_id, "Its worker stopped, another one takes over")
    log.info("release", worker_id=str(worker_id), runs=released)
    return released
