"""The engine's table of contents: one method a verb. What waits for a graph is in `executing`."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from lectern.engine import cancelling, dispatching, expiring, finishing, resubmitting, submitting, sweeping
from lectern.engine.domain.run import Run, RunStatus
from lectern.engine.domain.thread import Thread
from lectern.engine.domain.worker import Worker
from lectern.engine.errors import UnknownRun, UnknownThread, UnknownWorkload
from lectern.engine.options import EngineOptions
from lectern.engine.ports import (
    Broker,
    Conversations,
    FailedRuns,
    ResultCopies,
    Retention,
    RunQueue,
    RunStore,
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
    failed: FailedRuns
    copies: ResultCopies
    retention: Retention
    workers: WorkerRegistry
    conversations: Conversations
    broker: Broker
    workloads: Mapping[str, Workload]
    options: EngineOptions = field(default_factory=EngineOptions)

    @property
    def queues(self) -> list[str]:
        """Names of the queues that workloads use."""
        return sorted({workload.queue for workload in self.workloads.values()})

    def submit(self, request: RunRequest) -> Run:
        """Accept a request: its row is written, nothing else. Raises `UnknownWorkload`, `StoreUnavailable`."""
        workload = self.workloads.get(request.workload)
        if workload is None:
            raise UnknownWorkload(
                f"No workload is called {request.workload!r}.", known=sorted(self.workloads)
            )
        return submitting.submit(request, workload, self.runs)

    def get(self, run_id: UUID) -> Run:
        """Return a run as its row is. Raises `UnknownRun`."""
        run = self.runs.get(run_id)
        if run is None:
            raise UnknownRun(f"There is no task {run_id}.", run_id=str(run_id))
        return run

    def position(self, run: Run) -> int:
        """Return 1 + the number of runs that wait in front of it."""
        return self.queue.position(run)

    def recent(self, owner: str, tenant: str | None, limit: int) -> list[Run]:
        """Return the newest runs of an owner, newest first."""
        return self.runs.recent(owner, tenant, limit)

    def cancel(self, run_id: UUID) -> Run:
        """End a run that has not ended. Raises `UnknownRun`."""
        return cancelling.cancel(run_id, self.runs)

    def purge(self, queues: Collection[str], created_before: datetime) -> int:
        """End every run that waits in `queues` and is not newer; return how many."""
        return cancelling.purge(queues, created_before, self.queue)

    def failures(self, which: Failures) -> Iterator[Run]:
        """Yield the failed runs that can be resubmitted and were not, oldest first."""
        found = resubmitting.failures(which, self.failed, self.runs)
        return (run for run in found if run.workload in self.workloads)

    def resubmit(self, run: Run) -> Run | None:
        """Ask a failed run once more, as a new run; None when that was done before."""
        return resubmitting.resubmit(run, self.workloads, self.runs)

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
        return dispatching.dispatch(queue, self.queue, self.workers, self.broker, self.options)

    def take_back(self) -> int:
        """Requeue the runs of lost workers."""
        return sweeping.take_back(self.runs, self.queue, self.options)

    def expire(self) -> int:
        """Fail the runs that wait for another attempt past their deadline."""
        return expiring.expire(self.runs, self.retention)

    def give_back(self, run_id: UUID, token: UUID) -> None:
        """Requeue a run that its worker holds, by the claim of `token`, without knowing it. Raises `LeaseLost`."""
        held = replace(self.get(run_id), token=token)
        finishing.give_back(held, "Its claim was lost, another one follows", self.runs)

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
