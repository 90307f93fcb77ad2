"""Rows of worker processes on Django's ORM."""

from collections.abc import Mapping
from datetime import timedelta
from uuid import UUID

from lectern.adapters.sql.calls import store_call, store_write
from lectern.adapters.sql.models import RunRow, WorkerRow
from lectern.adapters.sql.time import StoreClock
from lectern.engine.domain.run import RunStatus
from lectern.engine.domain.worker import Worker

_FORGOTTEN_AFTER = timedelta(days=1)


class SqlWorkers:
    """Implements `WorkerRegistry`."""

    def __init__(self, clock: StoreClock | None = None) -> None:
        self._clock = clock or StoreClock()

    def register(self, *, worker_id: UUID, name: str, pid: int, slots: Mapping[str, int]) -> None:
        """Insert the row of a new incarnation."""
        with store_write():
            now = self._clock.now()
            WorkerRow.objects.filter(heartbeat_at__lt=now - _FORGOTTEN_AFTER).delete()
            WorkerRow.objects.create(
                id=worker_id,
                name=name,
                pid=pid,
                # A process of the version before reads one number for all queues.
                slots=max(slots.values(), default=0),
                queues=list(slots),
                queue_slots=dict(slots),
                started_at=now,
                heartbeat_at=now,
            )

    def beat(self, worker_id: UUID, lease_seconds: float) -> bool:
        """Give a sign of life, unless the row is gone or stale."""
        with store_write():
            now = self._clock.now()
            fresh = WorkerRow.objects.filter(
                id=worker_id, heartbeat_at__gte=now - timedelta(seconds=lease_seconds)
            )
            return fresh.update(heartbeat_at=now) > 0

    def leave(self, worker_id: UUID) -> None:
        """Remove the row."""
        with store_write():
            WorkerRow.objects.filter(id=worker_id).delete()

    def held(self, worker_id: UUID) -> Mapping[UUID, UUID]:
        """Return the runs that it holds: token -> run id."""
        with store_call():
            mine = RunRow.objects.filter(worker_id=worker_id, status=RunStatus.RUNNING)
            return {token: run_id for token, run_id in mine.values_list("token", "id") if token}

    def live(self, lease_seconds: float) -> list[Worker]:
        """Return workers with a fresh sign of life."""
        with store_call():
            now = self._clock.now()
            rows = WorkerRow.objects.filter(heartbeat_at__gte=now - timedelta(seconds=lease_seconds))
            return [_worker(row) for row in rows.order_by("started_at")]


def _worker(row: WorkerRow) -> Worker:
    slots = row.queue_slots
    if slots is None:  # written by a process of the version before
        slots = dict.fromkeys(row.queues, row.slots)
    return Worker(
        id=row.id, name=row.name, pid=row.pid, slots=slots, started_at=row.started_at, heartbeat_at=row.heartbeat_at
    )  # fmt: skip
