"""How a run stands, looked up and told: one or two queries."""

from typing import Any

from lectern.bootstrap import Lectern
from lectern.engine.domain.run import Run, RunStatus
from lectern.entrypoints.http.guide import status_body


def status_of(run: Run, here: Lectern) -> tuple[int, dict[str, Any]]:
    """Return HTTP status and body for a run that was just read; see `guide.status_body`. May raise `StoreUnavailable`."""
    position = here.engine.position(run) if run.status is RunStatus.QUEUED else None
    # An unfinished run cannot have expired: PostgreSQL is not asked for the time.
    now = here.engine.runs.now() if run.ended else run.created_at
    return status_body(run, position, now, here.settings.result_expires)
