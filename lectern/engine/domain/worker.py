"""A worker: one process that executes runs. Its heartbeat is the lease of all of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, kw_only=True)
class Worker:
    """One incarnation of a worker process."""

    #: New at every start, and again after it was found stale.
    id: UUID
    #: Celery's node name, or a name that tells where it runs.
    name: str
    pid: int
    #: Runs at once, for each queue that it serves. A pool whose queues share their slots says all of them for each.
    slots: Mapping[str, int]
    started_at: datetime
    #: Database time of its last sign of life.
    heartbeat_at: datetime

    @property
    def queues(self) -> tuple[str, ...]:
        """Names of the queues that it serves."""
        return tuple(self.slots)
