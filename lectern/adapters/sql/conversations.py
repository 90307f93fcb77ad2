"""Threads and turns on Django's ORM."""

import json
from collections.abc import Mapping, Sequence
from uuid import UUID

from lectern.adapters.sql import statements
from lectern.adapters.sql.calls import store_call
from lectern.adapters.sql.models import RunRow, ThreadRow, TurnRow
from lectern.adapters.sql.time import StoreClock, aware
from lectern.base.json import JsonObject
from lectern.engine.domain.run import UNFINISHED, Run, RunStatus
from lectern.engine.domain.thread import Thread, Turn


class SqlConversations:
    """Implements `Conversations`."""

    def __init__(self, clock: StoreClock | None = None) -> None:
        self._clock = clock or StoreClock()

    def turns_before(self, runs: Sequence[Run], limit: int) -> Mapping[UUID, Sequence[Turn]]:
        """Return for each run the last answered turns before it, oldest first."""
        given = [{"id": run.id} for run in runs]
        turns: dict[UUID, list[Turn]] = {run.id: [] for run in runs}
        with store_call():
            found = statements.execute(statements.TURNS_BEFORE, self._clock, given, limit=limit - 1)
            for mine, run_id, number, asked, output, created_at in found:
                turns[UUID(str(mine))].append(
                    Turn(
                        run_id=UUID(str(run_id)), number=number, input=json.loads(asked), output=json.loads(output),
                        status=RunStatus.SUCCEEDED, created_at=aware(created_at),
                    )
                )  # fmt: skip
        return turns

    def asked(self, run_id: UUID) -> JsonObject | None:
        """Return what the turn of a run was asked."""
        with store_call():
            return TurnRow.objects.filter(run_id=run_id).values_list("input", flat=True).first()

    def unfinished_before(self, run: Run) -> list[UUID]:
        """Return the unfinished runs of its thread that came before `run`, oldest first."""
        if run.thread_id is None:
            return []
        with store_call():
            mine = RunRow.objects.filter(id=run.id).values("seq")[:1]
            rows = RunRow.objects.filter(thread_id=run.thread_id, seq__lt=mine, status__in=UNFINISHED)
            return list(rows.order_by("seq").values_list("id", flat=True))

    def thread(self, workload: str, owner: str, tenant: str, key: str) -> Thread | None:
        """Return a conversation with all its turns."""
        with store_call():
            row = ThreadRow.objects.filter(workload=workload, owner=owner, tenant=tenant, key=key).first()
            if row is None:
                return None
            turns = list(TurnRow.objects.filter(thread=row).order_by("number"))
            status = dict(RunRow.objects.filter(thread=row).values_list("id", "status"))
            found = tuple(_turn(turn, status.get(turn.run_id)) for turn in turns)
            return Thread(id=row.id, key=row.key, owner=row.owner, tenant=row.tenant, turns=found)


def _turn(row: TurnRow, status: str | None) -> Turn:
    return Turn(
        run_id=row.run_id, number=row.number, input=row.input, output=row.output,
        status=RunStatus(status) if status else None, created_at=row.created_at,
    )  # fmt: skip
