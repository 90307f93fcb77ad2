"""A run: one execution of a workload's graph, and the table of how its status may move."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from lectern.base.json import JsonObject


class RunStatus(StrEnum):
    """Where a run stands. The guide's words for these are a table at the HTTP edge."""

    #: Accepted, waiting for a worker.
    QUEUED = "queued"
    #: A worker holds the lease and executes the graph.
    RUNNING = "running"
    #: An attempt failed in a way that may pass; the next one begins at `not_before`.
    RETRYING = "retrying"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    #: Cancelled by somebody, or purged with its queue.
    CANCELLED = "cancelled"


#: A run in one of these waits to be claimed.
WAITING = frozenset({RunStatus.QUEUED, RunStatus.RETRYING})
#: A run in one of these will still change.
UNFINISHED = WAITING | {RunStatus.RUNNING}
#: A run in one of these never changes again.
ENDED = frozenset(RunStatus) - UNFINISHED

#: The only moves there are. Stores refuse every other one.
MOVES: dict[RunStatus, frozenset[RunStatus]] = {
    RunStatus.QUEUED: frozenset({RunStatus.RUNNING, RunStatus.CANCELLED, RunStatus.FAILED}),
    RunStatus.RETRYING: frozenset({RunStatus.RUNNING, RunStatus.CANCELLED, RunStatus.FAILED}),
    RunStatus.RUNNING: ENDED | WAITING,
    **dict.fromkeys(ENDED, frozenset()),
}


@dataclass(frozen=True, kw_only=True)
class Run:
    """One accepted request and all that is known of its fate."""

    id: UUID
    #: Name of the workload whose graph is executed.
    workload: str
    #: Queue that carries it.
    queue: str
    #: What the workload was asked; its own shape.
    input: JsonObject
    #: Who asked ("" for the service itself). A claim, unless authentication is on.
    owner: str
    #: What it belongs to: the tutor's course.
    tenant: str
    #: Conversation that it is a turn of; runs of one thread execute one at a time, in order.
    thread_id: UUID | None
    #: The name by which the client knows that conversation.
    thread_key: str
    #: Runs submitted together, e.g. the batches of one indexing job.
    group_id: UUID | None
    #: Free data of the caller.
    metadata: JsonObject
    status: RunStatus
    #: What is being done, in a sentence a student may read.
    step: str
    #: How many times it was claimed.
    attempt: int
    #: How many claims it gets before it is given up.
    max_attempts: int
    #: Seconds from the first claim until it is given up.
    deadline_seconds: float
    #: Names the current claim; every write of that claim must carry it.
    token: UUID | None
    #: Incarnation id of the worker that holds the lease.
    worker_id: UUID | None
    created_at: datetime
    #: When its id was last given to the broker, None while it only waits in SQL.
    dispatched_at: datetime | None
    #: Not claimed before this time.
    not_before: datetime | None
    #: Time of the first claim.
    started_at: datetime | None
    finished_at: datetime | None
    result: JsonObject | None
    #: Why it ended without a result, or why the last attempt failed: a sentence.
    error: str
    #: A word for machines: "cancelled", "purged", "deadline", "attempts", …
    error_code: str
    #: Hash of the graph that its checkpoints belong to.
    fingerprint: str
    #: The newest checkpoint that it can go on from; "" before the first. Moved under the token alone.
    checkpoint_id: str = ""
    #: The same of its subgraphs, by their namespaces.
    subgraph_heads: Mapping[str, str] = field(default_factory=dict)

    @property
    def ended(self) -> bool:
        """True when its status will not change again."""
        return self.status in ENDED

    @property
    def deadline(self) -> datetime | None:
        """When it is given up, or None before its first claim."""
        return self.started_at and self.started_at + timedelta(seconds=self.deadline_seconds)

    @property
    def attempts_left(self) -> int:
        """Claims that it may still get."""
        return max(0, self.max_attempts - self.attempt)

    def expired(self, now: datetime, result_expires_seconds: float) -> bool:
        """True when it ended so long ago that its result is no longer served."""
        return self.finished_at is not None and now - self.finished_at > timedelta(
            seconds=result_expires_seconds
        )

    def log_context(self) -> dict[str, object]:
        """What every log line about it carries."""
        return {"run_id": str(self.id), "attempt": self.attempt, "workload": self.workload}
