"""How a run stands, looked up and told."""

from typing import Any
from uuid import UUID

from lectern.bootstrap import Lectern
from lectern.entrypoints.http.guide import status_body


def status_of(run_id: UUID, here: Lectern) -> tuple[int, dict[str, Any]]:
    """Return HTTP status and body of a run; see `guide.status_body`. Raises `UnknownRun`, `StoreUnavailable`."""
    return status_body(here.engine.standing(run_id), here.settings.result_expires)
