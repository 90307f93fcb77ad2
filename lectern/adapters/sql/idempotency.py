"""Idempotency keys: which request of an owner has one. Taken in the transaction that inserts the run."""

from datetime import timedelta

from lectern.adapters.sql import statements
from lectern.adapters.sql.models import IdempotencyRow
from lectern.adapters.sql.time import StoreClock
from lectern.engine.domain.run import Run
from lectern.engine.errors import KeyReused
from lectern.engine.ports import NewRun


def earlier_run(new: NewRun, clock: StoreClock) -> Run | None:
    """Take the key of a request for its run, or return the run of the request that has it. Raises `KeyReused`.

    Of two at once the second waits at the constraint until the first is committed. A key whose time is over is taken
    over by the same rule, so nobody has to have deleted it.
    """
    given = new.idempotency
    if given is None:
        return None
    now = clock.now()
    mine = {"digest": given.digest, "run_id": new.id, "created_at": now}
    keys = IdempotencyRow.objects.filter(owner=new.owner, key=given.key)
    if keys.filter(created_at__lte=now - timedelta(seconds=given.keep_seconds)).update(**mine):
        return None
    row = IdempotencyRow(owner=new.owner, key=given.key, **mine)
    IdempotencyRow.objects.bulk_create([row], ignore_conflicts=True)
    held = keys.get()
    if held.run_id == new.id:
        return None
    if held.digest != given.digest:
        raise KeyReused(
            f"The idempotency key {given.key!r} was given to another request before.",
            hint="Give every request a key of its own.",
            run_id=str(held.run_id),
        )
    runs = statements.runs(statements.GET, clock, id=held.run_id)
    if not runs:  # deleted sooner than its key
        keys.update(**mine)
    return runs[0] if runs else None
