"""Execute: one attempt of a run, from the claim to the conditional write that ends it. The only place that knows LangGraph."""

import asyncio
import copy
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from inspect import isawaitable
from typing import Any, ClassVar, ParamSpec, TypeVar
from uuid import UUID

from langchain_core.runnables import RunnableConfig

from lectern.base.errors import LecternError
from lectern.base.json import JsonObject
from lectern.base.log import log_context, logger
from lectern.engine.claiming import claim
from lectern.engine.domain.run import Run
from lectern.engine.domain.thread import Turn
from lectern.engine.errors import (
    ControlSignal,
    DeadlinePassed,
    GraphUnusable,
    LeaseLost,
    RunFailed,
    RunFailedForNow,
    StoreUnavailable,
)
from lectern.engine.expiring import overdue_sentence
from lectern.engine.fingerprinting import fingerprint
from lectern.engine.finishing import fail, give_back, lost, retry_later, succeed, token_of
from lectern.engine.leasing import Lease
from lectern.engine.options import EngineOptions
from lectern.engine.ports import Conversations, RunStore
from lectern.engine.progress import Progress
from lectern.engine.resuming import AttemptSaver, Checkpointer
from lectern.engine.retrying import RetryPolicy, sort
from lectern.engine.together import Together
from lectern.engine.workload import AttemptLeft, Workload

log = logger(__name__)

P = ParamSpec("P")
T = TypeVar("T")

#: Where LangGraph puts what a graph asks a person, in the state that it streams.
INTERRUPT = "__interrupt__"
_RECURSION_LIMIT = 100
#: Pause before an end is written again while the store is away, and its cap.
_END_PAUSE_SECONDS, _END_PAUSE_CAP_SECONDS = 0.2, 2.0
#: Shown from the claim until the first node that has a sentence of its own: the guide's words.
FIRST_STEP = "Executing LangGraph workflow"


@dataclass(kw_only=True)
class Executor:
    """What attempts of one process share. Lives on one event loop; the store is reached by `store_threads`."""

    runs: RunStore
    conversations: Conversations
    workloads: Mapping[str, Workload]
    checkpointer: Checkpointer
    lease: Lease
    options: EngineOptions
    store_threads: ThreadPoolExecutor
    #: Name of the asyncio tasks that carry an attempt.
    TASK_NAME: ClassVar[str] = "lectern-attempt"
    _graphs: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        def claims(asked: Sequence[tuple[UUID, UUID]]) -> Awaitable[list[Run | None]]:
            return self._store(claim, asked, self.lease.worker_id, FIRST_STEP, self.runs)

        def successes(ended: Sequence[tuple[Run, Mapping[str, Any]]]) -> Awaitable[list[Run | None]]:
            return self._store(self._succeed, ended)

        def inputs(asked: Sequence[tuple[Run, Workload]]) -> Awaitable[list[JsonObject]]:
            return self._store(self._make_inputs, asked)

        self._claims, self._successes, self._inputs = Together(claims), Together(successes), Together(inputs)

    async def prepare(self) -> None:
        """Build the graphs of this worker's queues now: loading LangGraph and models takes seconds.

        One that cannot be used is named and left: its runs fail with that sentence, those of the others are served.
        """
        for workload in self.workloads.values():
            if workload.queue in self.lease.queues:
                try:
                    await self._graph(workload)
                except GraphUnusable as exc:
                    log.error("graph_unusable", workload=workload.name, error=str(exc))

    async def execute(self, run_id: UUID) -> Run | None:
        """Claim a delivered run, carry it to its end or its next wait, and return it as it then is.

        None when the delivery came to nothing: somebody else has the run, it ended, or it was lost or cancelled on the
        way. Never raises for what happens to one run.
        """
        if task := asyncio.current_task():
            task.set_name(self.TASK_NAME)
        with self.lease.claiming() as token:
            run = await self._claims((run_id, token))
        if run is None:
            return None
        with log_context(**run.log_context()):
            log.info("claim")
            try:
                return await self._attempt(run)
            except LeaseLost as exc:
                log.warning("lease_lost", reason=str(exc))
                await self._forget_if_ended(run)
        return None

    async def _attempt(self, run: Run) -> Run:
        """Run the graph as a task of its own, so that the lease can stop it, and write how it ended."""
        loop, token = asyncio.get_running_loop(), token_of(run)
        task = loop.create_task(self._run_graph(run))
        self.lease.hold(token, partial(_stop_from_thread, loop, task), run_id=run.id)
        try:
            state = await task
            return await self._end(run, lambda: self._successes((run, state)))
        except asyncio.CancelledError:
            if _is_cancelled():
                task.cancel()
                stopped = "Its worker stopped, another one takes over"
                await self._store(give_back, run, stopped, self.runs, free=True)
                raise
            raise LeaseLost(f"Run {run.id} was cancelled or taken over.", run_id=str(run.id)) from None
        except ControlSignal:
            raise
        except Exception as exc:
            return await self._after_error(run, exc)
        finally:
            self.lease.release(token)

    async def _after_error(self, run: Run, exc: Exception) -> Run:
        """Let the run wait for another attempt, or fail it, as the error says."""
        workload = self.workloads.get(run.workload)
        policy = workload.retry if workload else RetryPolicy()
        failure = sort(exc, policy)
        if not isinstance(exc, LecternError):
            log.exception("run_crashed", exc_info=exc, code=failure.code)
        if failure.again:
            return await self._end(run, lambda: self._store(retry_later, run, failure, policy, self.runs))
        return await self._end(run, lambda: self._store(fail, run, failure.sentence, failure.code, self.runs))

    async def _end(self, run: Run, write: Callable[[], Awaitable[Run | None]]) -> Run:
        """Write how an attempt ended, however long the store is away: what was computed is not thrown away for that.

        The lease bounds the wait: once it is lost, the write finds its token gone and raises `LeaseLost`.
        """
        pause = _END_PAUSE_SECONDS
        while True:
            try:
                ended = await write()
            except StoreUnavailable as exc:
                log.warning("store_away", error=str(exc))
                await asyncio.sleep(pause)
                pause = min(_END_PAUSE_CAP_SECONDS, pause * 2)
                continue
            if ended is None:
                raise lost(run)
            if ended.ended:
                self.checkpointer.forget(run.id)
            return ended

    async def _forget_if_ended(self, run: Run) -> None:
        """Delete the checkpoints of a run that was lost because somebody ended it; another attempt needs its own."""
        try:
            now = await self._store(self.runs.get, run.id)
        except StoreUnavailable:  # retention's, then
            return
        if now is None or now.ended:
            self.checkpointer.forget(run.id)

    async def _seconds_left(self, run: Run) -> float:
        if run.deadline and run.attempt > 1:
            return (run.deadline - await self._store(self.runs.now)).total_seconds()
        return run.deadline_seconds

    async def _run_graph(self, run: Run) -> Mapping[str, Any]:
        try:
            return await self._within_deadline(run)
        except (SystemExit, KeyboardInterrupt) as exc:  # would end the loop, and with it everybody's runs
            raise RunFailed("A step of this task tried to end the whole worker.", run_id=str(run.id)) from exc

    async def _within_deadline(self, run: Run) -> Mapping[str, Any]:
        seconds = await self._seconds_left(run)
        try:
            # By the loop's own clock, which need not be Python's: uvloop's goes on while a Mac sleeps. A time that has
            # passed already lets no node begin.
            async with asyncio.timeout(seconds) as limit:
                return await self._final_state(run, time.monotonic() + seconds)
        except TimeoutError as exc:
            if not limit.expired():  # a node's own: the deadline has nothing to do with it
                raise
            raise DeadlinePassed(overdue_sentence(run), run_id=str(run.id)) from exc

    async def _final_state(self, run: Run, ends_at: float) -> Mapping[str, Any]:
        workload = self.workloads.get(run.workload)
        if workload is None:
            raise RunFailedForNow(
                f"No workload is called {run.workload!r} here.", hint="Is this worker of an older version?"
            )
        graph, shape = await self._graph(workload)
        saver = await self.checkpointer.attempt(run, shape)
        saver.triggers, saver.has_run_out = graph.trigger_to_nodes, self.lease.has_run_out
        graph = copy.copy(graph)
        graph.checkpointer = saver
        config: RunnableConfig = {
            "configurable": {"thread_id": str(run.id)},
            "recursion_limit": _RECURSION_LIMIT,
        }
        if workload.config_of:
            config.update(workload.config_of(run))  # type: ignore[typeddict-item]  # the workload's own keys
        graph_input = await self._input_or_resume(run, workload, saver, config)
        progress, final = Progress(workload.steps, partial(self._note, run), str(run.id)), {}
        modes, context = ["tasks", "values", "custom"], _context(run, workload, ends_at)
        try:
            async for mode, chunk in graph.astream(
                graph_input, config, context=context, stream_mode=modes, durability="sync"
            ):
                if mode == "values":
                    final = _uninterrupted(chunk, run)
                elif mode == "custom":
                    await progress.hear(chunk)
                else:
                    await progress.note(chunk)
        finally:
            progress.end()
        return final

    def _succeed(self, ended: Sequence[tuple[Run, Mapping[str, Any]]]) -> list[Run | None]:
        """Make results of the graphs' last states and write them. Blocks: a state may have millions of characters."""
        results = [(run, self.workloads[run.workload].to_result(state)) for run, state in ended]
        return succeed(results, self.runs)

    async def _note(self, run: Run, step: str) -> bool:
        return await self._store(self.runs.note, run.id, token_of(run), step=step)

    async def _input_or_resume(
        self, run: Run, workload: Workload, saver: AttemptSaver, config: RunnableConfig
    ) -> JsonObject | None:
        """Return None (go on from the checkpoint) where an attempt before left one, else the graph's input."""
        if saver.resumes:
            if await saver.aget_tuple(config):
                log.info("resume")
                return None
            log.warning("checkpoint_lost")
            saver.begin_anew()
        return await self._inputs((run, workload))

    def _make_inputs(self, asked: Sequence[tuple[Run, Workload]]) -> list[JsonObject]:
        """Make what graphs begin with, of the rows. Blocks."""
        in_threads = [run for run, workload in asked if run.thread_id and workload.conversational]
        turns: Mapping[UUID, Sequence[Turn]] = {}
        if in_threads:
            turns = self.conversations.turns_before(in_threads, self.options.history_turns)
        return [workload.to_input(run, turns.get(run.id, ())) for run, workload in asked]

    async def _graph(self, workload: Workload) -> tuple[Any, str]:
        """Compile a workload's graph once a process; building may load models, so it happens on a thread."""
        if workload.name not in self._graphs:
            builder = await asyncio.get_running_loop().run_in_executor(None, workload.build)
            if isawaitable(builder):
                builder = await builder
            graph = builder.compile()
            self._graphs[workload.name] = graph, fingerprint(graph)
        compiled: tuple[Any, str] = self._graphs[workload.name]
        return compiled

    async def _store(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Make a blocking call on the store from the loop."""
        return await asyncio.get_running_loop().run_in_executor(
            self.store_threads, lambda: call(*args, **kwargs)
        )


def _context(run: Run, workload: Workload, ends_at: float) -> object:
    if workload.context_of is None:
        return workload.context
    return workload.context_of(run, AttemptLeft(attempts=run.attempts_left, ends_at=ends_at))


def _uninterrupted(state: Any, run: Run) -> Any:
    """Return a state of the graph; raise `RunFailed` where it waits for a person, whom nobody asks here."""
    if isinstance(state, dict) and state.get(INTERRUPT):
        raise RunFailed(
            f"The graph {run.workload!r} stopped to ask somebody (interrupt), which it cannot do here.",
            hint="Give what it would ask for with its input.",
            run_id=str(run.id),
        )
    return state


def _stop_from_thread(loop: asyncio.AbstractEventLoop, task: "asyncio.Task[JsonObject]") -> None:
    loop.call_soon_threadsafe(task.cancel)


def _is_cancelled() -> bool:
    """True when the attempt itself is cancelled (the process stops), not only the graph inside it."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
