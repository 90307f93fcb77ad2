"""The engine's table of contents: one method a verb. What waits for a graph is in `executing`."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from lectern.engine import (
    cancelling,
    dispatching,
    expiring,
    finishing,
    releasing,
    resubmitting,
    submitting,
    sweeping,
)
from lectern.engine.domain.run import Run, RunStatus
from lectern.engine.domain.standing import Standing
from lectern.engine.domain.thread import Thread
from lectern.engine.domain.worker import Worker
from lectern.engine.errors import UnknownThread, UnknownWorkload, unknown
from lectern.engine.options import EngineOptions
from lectern.engine.ports import (
    Broker,
    Conversations,
    FailedRuns,
    LostRuns,
    ResultCopies,
    Retention,
    RunQueue,
    RunStore,
    Standings,
    WorkerRegistry,
)
from lectern.engine.resubmitting import Failures
from lectern.engine.submitting import RunRequest
from lectern.engine.workload import Workload


@dataclass(frozen=True, kw_only=True)
class Engine:
    """Runs any LangGraph graph asynchronously. All methods block on the store; none waits for a run."""

    runs: RunStore
    queue: RunQueue
    lost: LostRuns
    standings: Standings
    failed: FailedRuns
    copies: ResultCopies
    retention: Retention
    workers: WorkerRegistry
    conversations: Conversations
    broker: Broker
    workloads: Mapping[str, Workload]
    options: EngineOptions = field(default_factory=EngineOptions)
    _windows: dispatching.Windows = field(default_factory=dispatching.Windows)

    @property
    def queues(self) -> list[str]:
        """Names of the queues that workloads use."""
        return sorted({workload.queue for workload in self.workloads.values()})

    def submit(self, request: RunRequest) -> Run:
        """Accept a request: its row is written, nothing else.

        Raises `UnknownWorkload`, `KeyReused`, `StoreUnavailable`.
        """
        workload = self.workloads.get(request.workload)
        if workload is None:
            raise UnknownWorkload(
                f"No workload is called {request.workload!r}.", known=sorted(self.workloads)
            )
        return submitting.submit(request, workload, self.runs, self.options)

    def get(self, run_id: UUID) -> Run:
        """Return a run as its row is. Raises `UnknownRun`."""
        run = self.runs.get(run_id)
        if run is None:
            raise unknown(run_id)
        return run

    def standing(self, run_id: UUID) -> Standing:
        """Return what a run's row tells those who wait for it. Raises `UnknownRun`."""
        standing = self.standings.standings([run_id]).get(run_id)
        if standing is None:
            raise unknown(run_id)
        return standing

    def recent(self, owner: str, tenant: str | None, limit: int) -> list[Run]:
        """Return the newest runs of an owner, newest first."""
        return self.runs.recent(owner, tenant, limit)

    def cancel(self, run_id: UUID, tell_worker: Callable[[UUID], object] = lambda _: None) -> Run:
        """End a run that has not ended; `tell_worker` hears of one that was executed. Raises `UnknownRun`."""
        return cancelling.cancel(run_id, self.runs, tell_worker)

    def purge(self, queues: Collection[str], created_before: datetime) -> int:
        """End every run that waits in `queues` and is not newer; return how many."""
        return cancelling.purge(queues, created_before, self.queue)

    def failures(self, which: Failures) -> Iterator[Run]:
        """Yield the failed runs that can be resubmitted and were not, oldest first."""
        found = resubmitting.failures(which, self.failed, self.runs)
        return (run for run in found if run.workload in self.workloads)

    def resubmit(self, run: Run) -> Run | None:
        """Ask a run that has ended once more, as a new run; None when that was done before."""
        return resubmitting.resubmit(run, self.workloads, self.runs, self.options)

    def ask_again(self, run_id: UUID) -> Run:
        """Return the run that repeats an ended one, made now or before.

        Raises `UnknownRun`, `NotEnded`, `NotRepeatable`, `InputGone`.
        """
        known = resubmitting.repeatable(
            self.get(run_id), self.workloads, self.conversations, self.runs, self.options
        )
        return self.resubmit(known) or self.get(resubmitting.resubmitted_id(run_id))

    def thread(self, workload: str, owner: str, tenant: str, key: str) -> Thread:
        """Return a conversation. Raises `UnknownThread`."""
        thread = self.conversations.thread(workload, owner, tenant, key)
        if thread is None:
            raise UnknownThread(
                f"There is no conversation {key!r} of this student in this course.", thread_id=key
            )
        return thread

    def dispatch(self, queue: str) -> int:
        """Fill the broker's window of `queue`. Raises `BrokerUnavailable`."""
        return dispatching.dispatch(queue, self.queue, self.workers, self.broker, self._windows, self.options)

    def take_back(self) -> int:
        """Requeue the runs of lost workers."""
        return sweeping.take_back(self.runs, self.lost, self.options)

    def expire(self) -> int:
        """Fail the runs that wait for another attempt past their deadline."""
        return expiring.expire(self.runs, self.lost)

    def give_back(self, run_id: UUID, token: UUID) -> None:
        """Requeue a run that its worker holds, by the claim of `token`, without knowing it. Raises `LeaseLost`."""
        held = replace(self.get(run_id), token=token)
        finishing.give_back(held, "Its claim was lost, another one follows", self.runs)

    def release(self, worker_id: UUID) -> int:
        """Requeue all runs of a worker that stops; return how many."""
        return releasing.release(worker_id, self.lost)

    def copy_results(self) -> int:
        """Give Celery's result backend what it has not got. Raises `BrokerUnavailable`."""
        return sweeping.copy_results(self.copies, self.broker, self.options)

    def live_workers(self, queue: str | None = None) -> list[Worker]:
        """Return workers with a fresh sign of life (that serve `queue`)."""
        live = self.workers.live(self.options.lease_seconds)
        return [worker for worker in live if queue is None or queue in worker.queues]

    def counts(self) -> Mapping[tuple[str, RunStatus], int]:
        """Count runs by queue and status."""
        return self.queue.counts()

    def oldest_waiting(self, queue: str) -> datetime | None:
        """Return since when the oldest run waits that a worker of `queue` could take now."""
        return self.queue.oldest_waiting(queue)
