"""A standing: what a run's row tells those who wait for it, and no column more. Polls are the hottest reads there are."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from lectern.engine.domain.run import ENDED, RunStatus


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """How a run stands. Fields that `Run` has too mean the same."""

    id: UUID
    status: RunStatus
    step: str
    attempt: int
    created_at: datetime
    thread_key: str
    #: The result as it is stored, JSON: most readers pass it on, and need not know what it says.
    result_json: str | None
    error: str
    #: Id of the run that it repeats, or "".
    retry_of: str
    #: Its place among those that wait in its queue, 1 is next; up to a second old. None unless it is queued.
    position: int | None
    #: Seconds since its end by the store's clock, None before.
    ended_for: float | None

    @property
    def ended(self) -> bool:
        """True when its status will not change again."""
        return self.status in ENDED
