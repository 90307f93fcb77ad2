"""Runs on Django's ORM: every status moves here, by one conditional UPDATE."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import (
    Count,
    DateTimeField,
    Exists,
    F,
    OuterRef,
    Q,
    Value,
)

from lectern.adapters.sql import statements
from lectern.adapters.sql.calls import store_call, store_statement, store_write
from lectern.adapters.sql.idempotency import earlier_run
from lectern.adapters.sql.models import IdempotencyRow, RunRow, TurnRow, WorkerRow
from lectern.adapters.sql.time import SecondsBetween, StoreClock
from lectern.base.ids import new_id
from lectern.base.json import JsonObject
from lectern.engine.domain.run import ENDED, MOVES, WAITING, Run, RunStatus
from lectern.engine.ports import NewRun


class SqlRuns:
    """Implements `RunStore`, `RunQueue`, `LostRuns`, `FailedRuns`, `ResultCopies` and `Retention` over one table."""

    def __init__(self, clock: StoreClock | None = None) -> None:
        self._clock = clock or StoreClock()

    def now(self) -> datetime:
        """Return the store's time."""
        with store_call():
            return self._clock.now()

    # --- RunStore ---------------------------------------------------------------------------------------------------

    def add(self, new: NewRun) -> Run:
        """Insert run, thread and turn in one transaction."""
        begins_thread = new.in_thread and new.with_turn and new.thread_key is None
        # A caller's transaction outlives what is refused: that takes a savepoint, as it is below.
        alone = new.idempotency is None and not connection.in_atomic_block
        if begins_thread and alone and connection.vendor == "postgresql":
            return self._add_in_new_thread(new)
        with store_write():
            if earlier := earlier_run(new, self._clock):
                return earlier
            thread_id = self._thread_for(new) if new.in_thread else None
            (run,) = statements.runs(statements.ADD, self._clock, **_columns(new), thread_id=thread_id)
            if thread_id and new.with_turn:
                statements.execute(
                    statements.TURN, self._clock, thread_id=thread_id, id=new.id, input=new.input
                )
            return run

    def get(self, run_id: UUID) -> Run | None:
        """Return the run, or None."""
        with store_call():
            return next(iter(statements.runs(statements.GET, self._clock, id=run_id)), None)

    def recent(self, owner: str, tenant: str | None, limit: int) -> list[Run]:
        """Return the newest runs of `owner`, newest first."""
        with store_call():
            rows = RunRow.objects.select_related("thread").filter(owner=owner).order_by("-seq")
            return [_run(row) for row in (rows.filter(tenant=tenant) if tenant is not None else rows)[:limit]]

    def group(self, group_id: UUID) -> list[Run]:
        """Return the runs that were submitted together, in order."""
        with store_call():
            return [
                _run(row)
                for row in RunRow.objects.select_related("thread").filter(group_id=group_id).order_by("seq")
            ]

    def claim(self, tokens: Mapping[UUID, UUID], *, worker_id: UUID, step: str) -> list[Run]:
        """Give waiting runs to one worker."""
        given = [{"id": run_id, "token": token} for run_id, token in tokens.items()]
        with store_statement():
            return statements.runs(statements.CLAIM, self._clock, given, worker_id=worker_id, step=step)

    def succeed(self, ended: Sequence[tuple[UUID, UUID, JsonObject]]) -> list[Run]:
        """End running runs with their results."""
        given = [{"id": run_id, "token": token, "result": result} for run_id, token, result in ended]
        if connection.vendor == "postgresql":
            with store_statement():
                return statements.runs(statements.SUCCEED_AND_ANSWER, self._clock, given)
        with store_write():
            moved = statements.runs(statements.SUCCEED, self._clock, given)
            answered = [{"id": run.id, "result": run.result} for run in moved if run.thread_id is not None]
            if answered:
                statements.execute(statements.ANSWERED, self._clock, answered)
            return moved

    def move(
        self,
        run_id: UUID,
        to: RunStatus,
        *,
        only_from: Collection[RunStatus],
        token: UUID | None = None,
        **changes: Any,
    ) -> Run | None:
        """Change a status by one conditional UPDATE."""
        allowed = [status for status in only_from if to in MOVES[status]]
        statement = statements.move(allowed, changes, ends=to in ENDED, under_token=token is not None)
        held = {} if token is None else {"held": token}
        with store_statement():
            moved = statements.runs(statement, self._clock, (), id=run_id, status=to, **held, **changes)
            return moved[0] if moved else None

    def note(self, run_id: UUID, token: UUID, **changes: Any) -> bool:
        """Write columns of a running run, under its token."""
        with store_statement():
            return bool(
                statements.execute(statements.note(changes), self._clock, id=run_id, held=token, **changes)
            )

    # --- RunQueue ---------------------------------------------------------------------------------------------------

    def take_eligible(self, queue: str, window: int) -> list[UUID]:
        """Mark eligible runs as dispatched until `window` waiting runs are."""
        with store_statement():
            taken = statements.take_eligible(queue, window, self._clock)
            return [UUID(str(run_id)) for _, run_id in sorted(taken)]

    def undo_dispatch(self, run_ids: Collection[UUID]) -> None:
        """Take the mark off runs whose message could not be published."""
        with store_write():
            RunRow.objects.filter(id__in=run_ids, status__in=WAITING).update(dispatched_at=None)

    def forget_dispatches(self, queue: str, older_than_seconds: float) -> int:
        """Take the mark off waiting runs that were dispatched longer ago."""
        with store_write():
            before = self._clock.now() - timedelta(seconds=older_than_seconds)
            lost = RunRow.objects.filter(queue=queue, status__in=WAITING, dispatched_at__lt=before)
            return lost.update(dispatched_at=None)

    def abandoned(self, lease_seconds: float, limit: int) -> list[Run]:
        """Return running runs whose worker gave no sign of life, or is gone, oldest first."""
        with store_call():
            fresh = self._clock.now() - timedelta(seconds=lease_seconds)
            alive = WorkerRow.objects.filter(id=OuterRef("worker_id"), heartbeat_at__gte=fresh)
            rows = RunRow.objects.select_related("thread").filter(~Exists(alive), status=RunStatus.RUNNING)
            return [_run(row) for row in rows.order_by("seq")[:limit]]

    def overdue(self, limit: int) -> list[Run]:
        """Return waiting runs that were claimed before, and whose deadline has passed since."""
        with store_call():
            begun = RunRow.objects.select_related("thread").filter(
                status__in=WAITING, started_at__isnull=False
            )
            now = Value(self._clock.now(), DateTimeField())
            rows = begun.alias(since=SecondsBetween("started_at", now)).filter(
                since__gte=F("deadline_seconds")
            )
            return [_run(row) for row in rows.order_by("started_at")[:limit]]

    def release(self, worker_id: UUID, step: str) -> int:
        """Return all running runs of a worker to the queue by one UPDATE."""
        with store_write():
            held = RunRow.objects.filter(worker_id=worker_id, status=RunStatus.RUNNING)
            # The attempt was not the run's fault: it is counted, and allowed once more.
            return held.update(
                status=RunStatus.QUEUED, token=None, worker_id=None, dispatched_at=None, step=step,
                max_attempts=F("max_attempts") + 1,
            )  # fmt: skip

    def purge(self, queues: Collection[str], created_before: datetime, error: str) -> int:
        """Cancel every run that waits in `queues`."""
        with store_write(unlimited=True):
            waiting = RunRow.objects.filter(
                queue__in=queues, status__in=WAITING, created_at__lte=created_before
            )
            return waiting.update(
                status=RunStatus.CANCELLED,
                error=error,
                error_code="purged",
                finished_at=self._clock.now(),
                dispatched_at=None,
            )

    def counts(self) -> Mapping[tuple[str, RunStatus], int]:
        """Count runs by queue and status."""
        with store_call():
            rows = (
                RunRow.objects.values("queue", "status").annotate(n=Count("seq")).order_by("queue", "status")
            )
            return {(row["queue"], RunStatus(row["status"])): row["n"] for row in rows}

    def oldest_waiting(self, queue: str) -> datetime | None:
        """Return since when the oldest eligible run of `queue` waits."""
        with store_call():
            oldest = statements.runs(statements.OLDEST_ELIGIBLE, self._clock, queue=queue)
            return oldest[0].created_at if oldest else None

    # --- FailedRuns -------------------------------------------------------------------------------------------------

    def failed(
        self, since: datetime | None, error_code: str, tenant: str, after: UUID | None, limit: int
    ) -> list[Run]:
        """Return failed runs whose input is known, in the order of their submission."""
        with store_call():
            given = {"finished_at__gte": since, "error_code": error_code, "tenant": tenant}
            rows = RunRow.objects.select_related("thread").filter(
                status=RunStatus.FAILED,
                group_id__isnull=True,
                **{name: value for name, value in given.items() if value},
            )
            if after:
                rows = rows.filter(seq__gt=RunRow.objects.filter(id=after).values("seq")[:1])
            known = Q(dropped_at__isnull=True) | Exists(TurnRow.objects.filter(run_id=OuterRef("id")))
            found = list(rows.filter(known).order_by("seq")[:limit])
            cleared = [row.id for row in found if row.dropped_at]
            asked = dict(TurnRow.objects.filter(run_id__in=cleared).values_list("run_id", "input"))
            return [replace(_run(row), input=asked.get(row.id, row.input)) for row in found]

    # --- ResultCopies -----------------------------------------------------------------------------------------------

    def owed(self, limit: int, newer_than_seconds: float) -> list[Run]:
        """Return ended runs without a copy, oldest first."""
        with store_call():
            since = self._clock.now() - timedelta(seconds=newer_than_seconds)
            return statements.runs(statements.OWED, self._clock, finished_at=since, limit=limit)

    def paid(self, run_ids: Collection[UUID]) -> None:
        """Note that the copies were made."""
        with store_statement():
            statements.execute(statements.PAID, self._clock, [{"id": run_id} for run_id in run_ids])

    # --- Retention --------------------------------------------------------------------------------------------------

    def drop_results(self, older_than_seconds: float, limit: int) -> list[UUID]:
        """Clear input and result of runs that ended longer ago."""
        with store_write():
            before = self._clock.now() - timedelta(seconds=older_than_seconds)
            old = RunRow.objects.filter(finished_at__lt=before, dropped_at__isnull=True).values_list(
                "id", flat=True
            )[:limit]
            ids = list(old)
            RunRow.objects.filter(id__in=ids).update(input={}, result=None, dropped_at=self._clock.now())
            return ids

    def drop_keys(self, older_than_seconds: float, limit: int) -> int:
        """Delete idempotency keys that were taken longer ago."""
        with store_write():
            before = self._clock.now() - timedelta(seconds=older_than_seconds)
            ids = list(
                IdempotencyRow.objects.filter(created_at__lt=before).values_list("id", flat=True)[:limit]
            )
            return IdempotencyRow.objects.filter(id__in=ids).delete()[0]

    def drop_rows(self, older_than_seconds: float, limit: int) -> int:
        """Delete rows of runs that ended longer ago."""
        with store_write():
            before = self._clock.now() - timedelta(seconds=older_than_seconds)
            ids = list(RunRow.objects.filter(finished_at__lt=before).values_list("seq", flat=True)[:limit])
            return RunRow.objects.filter(seq__in=ids).delete()[0]

    # --- helpers ----------------------------------------------------------------------------------------------------

    def _add_in_new_thread(self, new: NewRun) -> Run:
        thread_id = new_id()
        with store_statement():
            (run,) = statements.runs(
                statements.ADD_IN_NEW_THREAD, self._clock, **_columns(new), thread_id=thread_id, key=str(thread_id)
            )  # fmt: skip
        return replace(run, thread_key=str(thread_id))  # which the statement itself does not see yet

    def _thread_for(self, new: NewRun) -> UUID:
        fresh = new_id()
        found = statements.execute(
            statements.THREAD, self._clock, thread_id=fresh, workload=new.workload, owner=new.owner, tenant=new.tenant,
            key=str(fresh) if new.thread_key is None else new.thread_key,
        )  # fmt: skip
        return UUID(str(found[0][0]))


def _columns(new: NewRun) -> Mapping[str, Any]:
    """Return what is inserted of a run, but for its thread."""
    return {
        "id": new.id, "workload": new.workload, "queue": new.queue, "input": new.input, "owner": new.owner,
        "tenant": new.tenant, "group_id": new.group_id, "metadata": new.metadata, "status": RunStatus.QUEUED,
        "step": new.step, "max_attempts": new.max_attempts, "deadline_seconds": new.deadline_seconds,
    }  # fmt: skip


def _run(row: RunRow) -> Run:
    values = {name: getattr(row, name) for name in statements.SAME}
    heads, thread_key = row.subgraph_heads or {}, row.thread.key if row.thread else ""
    return Run(**values, status=RunStatus(row.status), subgraph_heads=heads, thread_key=thread_key)
