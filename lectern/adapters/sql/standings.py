"""How runs stand, for those who poll: one statement for however many of them, and the queue's order once a second."""

import json
import time
from bisect import bisect_left
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from lectern.adapters.sql import statements
from lectern.adapters.sql.calls import store_read
from lectern.adapters.sql.time import StoreClock, aware
from lectern.engine.domain.run import RunStatus
from lectern.engine.domain.standing import Standing

#: Seconds for which the numbers of the waiting runs are good: with 10,000 of them they cost about 10 ms to read.
_ORDER_SECONDS = 1.0

_SELECT = """
SELECT run.id, run.seq, run.queue, run.status, run.step, run.attempt, run.created_at, run.finished_at, run.error,
    run.result, run.metadata, thread.key, {age}
FROM lectern_run run LEFT JOIN lectern_thread thread ON thread.id = run.thread_id WHERE run.id {among}
"""
_BY_POSTGRES = _SELECT.format(
    age="extract(epoch FROM clock_timestamp() - run.finished_at)::float8", among="= ANY(%s)"
)
#: The words of `WAITING`, as the index over waiting runs has them: as parameters they would not be known to be these.
_WAITING_NUMBERS = (
    "SELECT seq FROM lectern_run WHERE queue = %s AND status IN ('queued', 'retrying') ORDER BY seq"
)


class SqlStandings:
    """Implements `Standings` over the table of runs.

    Written in SQL: the ORM takes longer to make such a statement than the database to answer it.
    """

    def __init__(self, clock: StoreClock | None = None) -> None:
        self._clock = clock or StoreClock()
        #: By queue: when they were read, and the numbers of its waiting runs in order.
        self._orders: dict[str, tuple[float, Sequence[int]]] = {}

    def standings(self, run_ids: Collection[UUID]) -> Mapping[UUID, Standing]:
        """Return how each of these runs stands that there is."""
        return store_read(lambda: {row[0]: self._standing(*row) for row in self._rows(run_ids)})

    def _rows(self, run_ids: Collection[UUID]) -> list[tuple[Any, ...]]:
        if connection.vendor == "postgresql":
            return statements.execute_prepared(_BY_POSTGRES, [list(run_ids)])
        among = f"IN ({', '.join(['%s'] * len(run_ids))})"
        with connection.cursor() as cursor:
            cursor.execute(_SELECT.format(age="NULL", among=among), [run_id.hex for run_id in run_ids])
            return [self._of_sqlite(*row) for row in cursor.fetchall()]

    def _of_sqlite(self, run_id: str, *row: Any) -> tuple[Any, ...]:
        """Return a row as PostgreSQL gives it: SQLite knows no UUIDs, no zones, and not the injected clock."""
        *values, created_at, finished_at, error, result, metadata, key, _ = row
        age = finished_at and (self._clock.now() - aware(finished_at)).total_seconds()
        return (UUID(run_id), *values, aware(created_at), finished_at, error, result, metadata, key, age)

    def _standing(
        self, run_id: UUID, seq: int, queue: str, status: str, step: str, attempt: int, created_at: datetime,
        _finished_at: object, error: str, result: str | None, metadata: str, key: str | None, age: float | None,
    ) -> Standing:  # fmt: skip
        return Standing(
            id=run_id,
            status=RunStatus(status),
            step=step,
            attempt=attempt,
            created_at=created_at,
            thread_key=key or "",
            result_json=result,
            error=error,
            retry_of="" if metadata == "{}" else str(json.loads(metadata).get("retry_of", "")),
            position=1 + bisect_left(self._order(queue), seq) if status == RunStatus.QUEUED else None,
            ended_for=age,
        )

    def _order(self, queue: str) -> Sequence[int]:
        read_at, numbers = self._orders.get(queue, (0.0, ()))
        now = time.monotonic()
        if not read_at or now - read_at > _ORDER_SECONDS:
            with connection.cursor() as cursor:
                cursor.execute(_WAITING_NUMBERS, [queue])
                numbers = [number for (number,) in cursor.fetchall()]
            self._orders[queue] = (now, numbers)
        return numbers
