"""What the engine needs from the outside: rows, a queue over them, worker rows, conversations and a broker.

All stores have one production implementation, on Django's ORM: the ports are here because the engine may not know
Django. Every method raises `StoreUnavailable` when SQL is away (`BrokerUnavailable` for `Broker`). All block.
Times are the store's own clock (the database's), never a worker's.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from lectern.base.json import JsonObject
from lectern.engine.domain.run import Run, RunStatus
from lectern.engine.domain.standing import Standing
from lectern.engine.domain.thread import Thread, Turn
from lectern.engine.domain.worker import Worker


@dataclass(frozen=True, kw_only=True)
class Idempotency:
    """What makes a request that is sent twice one run."""

    #: The client's name of the request, its owner's own.
    key: str
    #: Hash of all that the request asks for.
    digest: str
    #: For how long the key names that request.
    keep_seconds: float


@dataclass(frozen=True, kw_only=True)
class NewRun:
    """A request that is about to become a row."""

    id: UUID
    workload: str
    queue: str
    input: JsonObject
    owner: str
    tenant: str
    #: The client's name of the conversation; None makes a new one. Ignored without `in_thread`.
    thread_key: str | None
    #: False for work that has no order among its like.
    in_thread: bool
    #: False when its thread keeps no turns.
    with_turn: bool
    group_id: UUID | None
    step: str
    max_attempts: int
    deadline_seconds: float
    metadata: JsonObject = field(default_factory=dict)
    idempotency: Idempotency | None = None


class RunStore(Protocol):
    """Rows of runs: the truth about them."""

    def now(self) -> datetime:
        """Return the store's time, aware, UTC."""

    def add(self, new: NewRun) -> Run:
        """Insert a queued run, its thread when that is new, and its turn, in one transaction.

        With `idempotency` its key is taken in the same transaction. While the owner's earlier request has it, that
        one's run is returned as it is and nothing inserted; `KeyReused` when that one asked for something else.
        """

    def get(self, run_id: UUID) -> Run | None:
        """Return the run, or None."""

    def recent(self, owner: str, tenant: str | None, limit: int) -> list[Run]:
        """Return the newest runs of `owner` (in `tenant`, unless None), newest first."""

    def group(self, group_id: UUID) -> list[Run]:
        """Return the runs that were submitted together, in order."""

    def claim(self, tokens: Mapping[UUID, UUID], *, worker_id: UUID, step: str) -> list[Run]:
        """Give waiting runs (id -> the token that each gets) to one worker, and return those that it got.

        One conditional UPDATE that counts the attempts and sets the tokens. Left out is a run that is not waiting, whose
        `not_before` has not passed, or whose thread has an earlier unfinished one.
        """

    def succeed(self, ended: Sequence[tuple[UUID, UUID, JsonObject]]) -> list[Run]:
        """End running runs with their results (id, token, result), and return those whose claim was still there.

        One conditional UPDATE; results are the outputs of their turns from the same transaction on.
        """

    def move(
        self,
        run_id: UUID,
        to: RunStatus,
        *,
        only_from: Collection[RunStatus],
        token: UUID | None = None,
        **changes: Any,
    ) -> Run | None:
        """Change a status by one conditional UPDATE; None when nothing matched.

        Matches only a status in `only_from` that `MOVES` allows to leave for `to`, and, when `token` is given, the
        claim of that token. `changes` are further columns. Sets `finished_at` on an ended run; clears lease and dispatch
        mark on every move out of RUNNING.
        """

    def note(self, run_id: UUID, token: UUID, **changes: Any) -> bool:
        """Write columns of a running run, under its token; False when the claim is gone."""


class RunQueue(Protocol):
    """The queue over the rows."""

    def take_eligible(self, queue: str, window: int) -> list[UUID]:
        """Mark eligible runs as dispatched until `window` waiting runs are; return their ids, oldest first.

        Eligible: waiting, not dispatched, `not_before` passed, no earlier run of its thread unfinished. No run is given
        to two callers.
        """

    def undo_dispatch(self, run_ids: Collection[UUID]) -> None:
        """Take the mark off runs whose message could not be published."""

    def forget_dispatches(self, queue: str, older_than_seconds: float) -> int:
        """Take the mark off waiting runs that were dispatched longer ago; return how many."""

    def purge(self, queues: Collection[str], created_before: datetime, error: str) -> int:
        """Cancel every run that waits in `queues` and is not newer than `created_before`; return how many."""

    def counts(self) -> Mapping[tuple[str, RunStatus], int]:
        """Count runs by queue and status."""

    def oldest_waiting(self, queue: str) -> datetime | None:
        """Return since when the oldest run waits that a worker of `queue` could take now; None when there is none."""


class LostRuns(Protocol):
    """Runs that nobody brings to an end: their worker is gone or leaves, or their time is over."""

    def abandoned(self, lease_seconds: float, limit: int) -> list[Run]:
        """Return at most `limit` running runs whose worker gave no sign of life for `lease_seconds`, or is gone."""

    def overdue(self, limit: int) -> list[Run]:
        """Return waiting runs that were claimed before, and whose deadline has passed since."""

    def release(self, worker_id: UUID, step: str) -> int:
        """Return all running runs of a worker to the queue, each with one more attempt allowed; return how many."""


class Standings(Protocol):
    """How runs stand, for those who poll."""

    def standings(self, run_ids: Collection[UUID]) -> Mapping[UUID, Standing]:
        """Return how each of these runs stands, those left out that there are not; one statement for all."""


class FailedRuns(Protocol):
    """Runs that failed, for whoever wants them asked once more."""

    def failed(
        self, since: datetime | None, error_code: str, tenant: str, after: UUID | None, limit: int
    ) -> list[Run]:
        """Return at most `limit` failed runs whose input is known, in the order of their submission, behind `after`.

        `since` is about their end; "" as `error_code` or `tenant` means any. The input of a run whose own was cleared
        is that of its turn. Runs of a group are left out.
        """


class ResultCopies(Protocol):
    """Which ended runs still owe a copy to Celery's result backend."""

    def owed(self, limit: int, newer_than_seconds: float) -> list[Run]:
        """Return ended runs without a copy, oldest first, that ended within `newer_than_seconds`."""

    def paid(self, run_ids: Collection[UUID]) -> None:
        """Note that the copies were made."""


class Retention(Protocol):
    """What is forgotten, and when."""

    def drop_results(self, older_than_seconds: float, limit: int) -> list[UUID]:
        """Clear input and result of at most `limit` runs that ended longer ago; their rows stay as tombstones."""

    def drop_keys(self, older_than_seconds: float, limit: int) -> int:
        """Delete at most `limit` idempotency keys that were taken longer ago; return how many."""

    def drop_rows(self, older_than_seconds: float, limit: int) -> int:
        """Delete rows of at most `limit` runs that ended longer ago; return how many. Turns stay."""


class WorkerRegistry(Protocol):
    """Rows of worker processes."""

    def register(self, *, worker_id: UUID, name: str, pid: int, slots: Mapping[str, int]) -> None:
        """Insert the row of a new incarnation; rows that have been stale for a day go. `slots` are those of each queue."""

    def beat(self, worker_id: UUID, lease_seconds: float) -> bool:
        """Give a sign of life: one UPDATE. False when the row is gone or was stale already."""

    def leave(self, worker_id: UUID) -> None:
        """Remove the row; runs that it still holds are abandoned at once."""

    def held(self, worker_id: UUID) -> Mapping[UUID, UUID]:
        """Return the runs that it holds by the rows: token -> run id."""

    def live(self, lease_seconds: float) -> list[Worker]:
        """Return workers with a fresh sign of life."""


class Conversations(Protocol):
    """Threads and their turns."""

    def turns_before(self, runs: Sequence[Run], limit: int) -> Mapping[UUID, Sequence[Turn]]:
        """Return for each run the last `limit` answered turns of its thread that came before it, oldest first."""

    def asked(self, run_id: UUID) -> JsonObject | None:
        """Return what the turn of a run was asked, None for a run without one."""

    def unfinished_before(self, run: Run) -> list[UUID]:
        """Return the runs of a run's thread that must end before it, oldest first."""

    def thread(self, workload: str, owner: str, tenant: str, key: str) -> Thread | None:
        """Return a conversation with all its turns, or None."""


class Broker(Protocol):
    """Carries run ids to workers, and copies of results to Celery's clients. May lose everything."""

    def publish(self, queue: str, run_ids: Sequence[UUID]) -> None:
        """Send a message for each id; bounded to a few tenths of a second when the broker is away."""

    def waiting(self, queue: str) -> int:
        """Count the messages of a queue that no worker has taken; bounded in time."""

    def announce_cancel(self, run_id: UUID) -> None:
        """Tell all workers that a run was cancelled, so that its worker stops it at once; bounded like `publish`.

        Who does not hear it learns it by the next heartbeat.
        """

    def copy_results(self, runs: Sequence[Run]) -> None:
        """Store the outcomes of ended runs in the result backend; bounded in time."""
