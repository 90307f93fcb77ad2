"""An engine on SQLite with a clock that stands still, an in-memory broker and small graphs; and runs in every state."""

import asyncio
import operator
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Annotated, Any, TypedDict
from uuid import UUID, uuid4

from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, StateGraph

from lectern.adapters.sql.conversations import SqlConversations
from lectern.adapters.sql.runs import SqlRuns
from lectern.adapters.sql.standings import SqlStandings
from lectern.adapters.sql.time import StoreClock
from lectern.adapters.sql.workers import SqlWorkers
from lectern.base.clock import ManualClock
from lectern.base.ids import new_id
from lectern.base.json import JsonObject
from lectern.engine import claiming, finishing
from lectern.engine.domain.run import Run
from lectern.engine.engine import Engine
from lectern.engine.errors import BrokerUnavailable
from lectern.engine.executing import FIRST_STEP, Executor
from lectern.engine.leasing import Lease
from lectern.engine.options import EngineOptions
from lectern.engine.resuming import ROOT, AttemptSaver, Checkpointer, Claim
from lectern.engine.retrying import Failure
from lectern.engine.submitting import RunRequest
from lectern.engine.workload import Workload

QUEUE = "langgraph"


class InMemoryBroker:
    """Keeps messages and copies; `away` makes it unreachable."""

    def __init__(self) -> None:
        self.messages: list[UUID] = []
        self.copies: dict[UUID, Run] = {}
        self.cancels: list[UUID] = []
        self.away = False
        #: Messages that no worker has taken, as it says itself.
        self.left = 0

    def announce_cancel(self, run_id: UUID) -> None:
        if self.away:
            raise BrokerUnavailable("The broker is away.")
        self.cancels.append(run_id)

    def publish(self, queue: str, run_ids: Sequence[UUID]) -> None:
        if self.away:
            raise BrokerUnavailable("The broker is away.")
        self.messages += run_ids

    def waiting(self, queue: str) -> int:
        if self.away:
            raise BrokerUnavailable("The broker is away.")
        return self.left

    def copy_results(self, runs: Sequence[Run]) -> None:
        if self.away:
            raise BrokerUnavailable("The broker is away.")
        self.copies |= {run.id: run for run in runs}


class InMemoryCheckpointer(Checkpointer, InMemorySaver):
    """LangGraph's in-memory saver, with heads in the rows."""

    def __init__(self, runs: SqlRuns) -> None:
        super().__init__()
        self.runs = runs

    async def attempt(self, run: Run, fingerprint: str) -> "InMemoryAttempt":
        heads = {ROOT: run.checkpoint_id, **run.subgraph_heads} if run.checkpoint_id else {}
        return InMemoryAttempt(self, run, fingerprint, heads if run.fingerprint == fingerprint else {})

    def forget(self, run_id: UUID) -> None:
        self.delete_thread(str(run_id))


class InMemoryAttempt(AttemptSaver, InMemorySaver):
    """One attempt's view of it."""

    def __init__(
        self, saver: InMemoryCheckpointer, run: Run, fingerprint: str, heads: dict[str, str]
    ) -> None:
        super().__init__()
        assert run.token
        self.runs = saver.runs
        self.storage, self.writes, self.blobs = saver.storage, saver.writes, saver.blobs
        claim = Claim(run_id=run.id, token=run.token, attempt=run.attempt, fingerprint=fingerprint)
        self.begin(claim, heads)

    async def _held(self, **changes: object) -> bool:
        return await asyncio.to_thread(self.runs.note, self.claim.run_id, self.claim.token, **changes)

    async def put_under_claim(self, heads: Any, puts: Any) -> bool:
        for put in puts:
            await InMemorySaver.aput(self, put.config, put.checkpoint, put.metadata, put.new_versions)
        below = {name: head for name, head in heads.items() if name != ROOT} or None
        fingerprint = self.claim.fingerprint
        return await self._held(
            checkpoint_id=heads.get(ROOT, ""), subgraph_heads=below, fingerprint=fingerprint
        )

    async def put_writes_under_claim(self, *written: Any) -> bool:
        if not await self._held(fingerprint=self.claim.fingerprint):
            return False
        await InMemorySaver.aput_writes(self, *written)
        return True


class EchoState(TypedDict, total=False):
    question: str
    log: Annotated[list[str], operator.add]


def echo_workload(
    name: str = "echo", *, nodes: dict[str, Callable[..., Any]] | None = None, **changes: Any
) -> Workload:
    """A workload whose graph runs `nodes` in order; without any it answers at once."""
    nodes = nodes or {"answer": lambda state: {"log": ["answered"]}}

    def build() -> Any:
        graph = StateGraph(EchoState)
        names = list(nodes)
        for node, function in nodes.items():
            graph.add_node(node, function)
        for before, after in zip([START, *names], [*names, END], strict=True):
            graph.add_edge(before, after)
        return graph

    values: dict[str, Any] = {
        "name": name,
        "queue": QUEUE,
        "build": build,
        "to_input": lambda run, turns: {"question": run.input["question"], "log": [f"turns:{len(turns)}"]},
        "to_result": lambda state: {"answer": " ".join(state["log"])},
    }
    return Workload(**{**values, **changes})


def passing(sentence: str, retry_after: float | None = None) -> Failure:
    """What a node's error comes to that may pass."""
    return Failure(again=True, sentence=sentence, code="away", retry_after=retry_after)


def claim(run_id: UUID, worker_id: UUID, step: str, runs: SqlRuns) -> Run | None:
    """Claim one run."""
    return claiming.claim([(run_id, new_id())], worker_id, step, runs)[0]


def succeed(run: Run, result: JsonObject, runs: SqlRuns) -> Run:
    """End one run with its result. Raises `LeaseLost`."""
    if ended := finishing.succeed([(run, result)], runs)[0]:
        return ended
    raise finishing.lost(run)


@dataclass
class House:
    """An engine and what stands around it."""

    clock: ManualClock = field(default_factory=ManualClock)
    broker: InMemoryBroker = field(default_factory=InMemoryBroker)
    options: EngineOptions = field(default_factory=EngineOptions)
    workloads: dict[str, Workload] = field(default_factory=lambda: {"echo": echo_workload()})

    def __post_init__(self) -> None:
        store_clock = StoreClock(self.clock)
        self.runs, self.workers = SqlRuns(store_clock), SqlWorkers(store_clock)
        self.saver = InMemoryCheckpointer(self.runs)
        self.engine = Engine(
            runs=self.runs, queue=self.runs, lost=self.runs, standings=SqlStandings(store_clock), failed=self.runs, copies=self.runs, retention=self.runs, workers=self.workers,
            conversations=SqlConversations(), broker=self.broker, workloads=self.workloads, options=self.options,
        )  # fmt: skip

    def add_workload(self, workload: Workload) -> Workload:
        self.workloads[workload.name] = workload
        return workload

    def lease(self, slots: int = 4, *, options: EngineOptions | None = None) -> Lease:
        """A worker that has registered. It gives no other sign of life unless the test does."""
        lease = Lease(
            workers=self.workers,
            options=options or self.options,
            name=f"w{uuid4().hex[:4]}",
            pid=1,
            slots={QUEUE: slots},
        )
        lease.begin()
        return lease

    def executor(self, lease: Lease | None = None) -> Executor:
        # Nobody beats here: on a busy machine an attempt may take longer than a lease of seconds.
        lease = lease or self.lease(options=replace(self.options, lease_seconds=float("inf")))
        return Executor(
            runs=self.runs, conversations=self.engine.conversations, workloads=self.workloads,
            checkpointer=self.saver, lease=lease, options=self.options,
            store_threads=ThreadPoolExecutor(2),
        )  # fmt: skip

    def execute(self, run: Run, lease: Lease | None = None) -> Run | None:
        executor = self.executor(lease)
        try:
            return asyncio.run(executor.execute(run.id))
        finally:
            executor.store_threads.shutdown()

    # --- runs, each factory one step further --------------------------------------------------------------------

    def queued_run(self, workload: str = "echo", **changes: Any) -> Run:
        values: dict[str, Any] = {
            "owner": "anna",
            "tenant": "python_101",
            "input": {"question": "What is Python?"},
        }
        return self.engine.submit(RunRequest(workload=workload, **{**values, **changes}))

    def claimed_run(self, lease: Lease | None = None, **changes: Any) -> Run:
        run = claim(self.queued_run(**changes).id, (lease or self.lease()).worker_id, FIRST_STEP, self.runs)
        assert run is not None
        return run

    def finished_run(self, result: dict[str, Any] | None = None, **changes: Any) -> Run:
        return succeed(self.claimed_run(**changes), result or {"answer": "A language."}, self.runs)
