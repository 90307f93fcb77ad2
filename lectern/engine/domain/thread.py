"""A thread: the conversation that a run is a turn of."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from lectern.base.json import JsonObject
from lectern.engine.domain.run import RunStatus


@dataclass(frozen=True, kw_only=True)
class Turn:
    """One question and its answer. Outlives the run's result."""

    run_id: UUID
    #: Position in the thread, from 1.
    number: int
    input: JsonObject
    #: The run's result; None while it is unfinished, or when it ended without one.
    output: JsonObject | None
    #: Status of its run, None once that row is gone.
    status: RunStatus | None
    created_at: datetime


@dataclass(frozen=True, kw_only=True)
class Thread:
    """A conversation with its turns, oldest first."""

    id: UUID
    #: The name that the client gave it, or its own id.
    key: str
    owner: str
    tenant: str
    turns: tuple[Turn, ...]
