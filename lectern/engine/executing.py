"""Execute: one attempt of a run, from the claim to the conditional write that ends it. The only place that knows LangGraph."""

import asyncio
import hashlib
import json
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from inspect import isawaitable
from typing import Any, ClassVar, ParamSpec, TypeVar
from uuid import UUID

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import BaseCheckpointSaver

from lectern.base.errors import LecternError
from lectern.base.json import JsonObject
from lectern.base.log import log_context, logger
from lectern.engine.claiming import claim
from lectern.engine.domain.run import Run
from lectern.engine.errors import (
    ControlSignal,
    DeadlinePassed,
    GraphUnusable,
    LeaseLost,
    RunFailed,
    StoreUnavailable,
)
from lectern.engine.finishing import fail, give_back, retry_later, succeed
from lectern.engine.leasing import Lease
from lectern.engine.options import EngineOptions
from lectern.engine.ports import Conversations, RunStore
from lectern.engine.workload import AttemptLeft, Workload

log = logger(__name__)

P = ParamSpec("P")
T = TypeVar("T")

#: Where LangGraph puts what a graph asks a person, in the state that it streams.
INTERRUPT = "__interrupt__"
#: Progress is written at most this often: a graph that answers in 100 ms costs no row updates.
_NOTE_SECONDS = 0.25
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
    checkpointer: BaseCheckpointSaver[Any]
    lease: Lease
    options: EngineOptions
    store_threads: ThreadPoolExecutor
    #: Name of the asyncio tasks that carry an attempt.
    TASK_NAME: ClassVar[str] = "lectern-attempt"
    _graphs: dict[str, Any] = field(default_factory=dict)

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
        run = await self._store(claim, run_id, self.lease.worker_id, FIRST_STEP, self.runs)
        if run is None:
            return None
        with log_context(**run.log_context()):
            log.info("claim")
            try:
                return await self._attempt(run)
            except LeaseLost as exc:
                log.warning("lease_lost", reason=str(exc))
        return None

    async def _attempt(self, run: Run) -> Run:
        """Run the graph as a task of its own, so that the lease can stop it, and write how it ended."""
        loop, token = asyncio.get_running_loop(), _token(run)
        task = loop.create_task(self._run_graph(run))
        self.lease.hold(token, partial(_stop_from_thread, loop, task))
        try:
            return await self._end(succeed, run, await self._within_deadline(run, task), self.runs)
        except asyncio.CancelledError:
            if _is_cancelled():
                task.cancel()
                await self._store(give_back, run, "Its worker stopped, another one takes over", self.runs)
                raise
            raise LeaseLost(f"Run {run.id} was cancelled or taken over.", run_id=str(run.id)) from None
        except ControlSignal:
            raise
        except LecternError as exc:
            if exc.passing:
                return await self._end(
                    retry_later, run, str(exc), self.runs, self.options, retry_after=exc.retry_after
                )
            return await self._end(fail, run, str(exc), exc.code, self.runs)
        except Exception:
            log.exception("run_crashed")
            sentence = (
                "Something went wrong inside the service while this was answered; its log has the details."
            )
            return await self._end(fail, run, sentence, "internal", self.runs)
        finally:
            task.cancel()  # has ended, unless its time could not be looked up
            self.lease.release(token)

    async def _end(self, write: Callable[P, Run], *args: P.args, **kwargs: P.kwargs) -> Run:
        """Write how an attempt ended, however long the store is away: what was computed is not thrown away for that.

        The lease bounds the wait: once it is lost, the write finds its token gone and raises `LeaseLost`.
        """
        pause = _END_PAUSE_SECONDS
        while True:
            try:
                run = await self._store(write, *args, **kwargs)
            except StoreUnavailable as exc:
                log.warning("store_away", error=str(exc))
                await asyncio.sleep(pause)
                pause = min(_END_PAUSE_CAP_SECONDS, pause * 2)
                continue
            if run.ended:
                await self._drop_checkpoints(run)
            return run

    async def _drop_checkpoints(self, run: Run) -> None:
        """Delete what no attempt will read any more; what stays because the store is away is retention's."""
        try:
            await self.checkpointer.adelete_thread(str(run.id))
        except StoreUnavailable as exc:
            log.warning("store_away", error=str(exc))

    async def _within_deadline(self, run: Run, task: "asyncio.Task[JsonObject]") -> JsonObject:
        try:
            async with asyncio.timeout(await self._seconds_left(run)) as limit:
                return await task
        except TimeoutError as exc:
            if not limit.expired():  # a node's own: the deadline has nothing to do with it
                raise
            sentence = f"This took longer than {run.deadline_seconds:g} seconds."
            raise DeadlinePassed(sentence, run_id=str(run.id)) from exc

    async def _seconds_left(self, run: Run) -> float:
        if run.deadline and run.attempt > 1:
            return (run.deadline - await self._store(self.runs.now)).total_seconds()
        return run.deadline_seconds

    async def _run_graph(self, run: Run) -> JsonObject:
        try:
            return await self._final_result(run)
        except (SystemExit, KeyboardInterrupt) as exc:  # would end the loop, and with it everybody's runs
            raise RunFailed("A step of this task tried to end the whole worker.", run_id=str(run.id)) from exc

    async def _final_result(self, run: Run) -> JsonObject:
        workload = self.workloads.get(run.workload)
        if workload is None:
            raise RunFailed(
                f"No workload is called {run.workload!r} here.", hint="Is this worker of an older version?"
            )
        graph, fingerprint = await self._graph(workload)
        config: RunnableConfig = {
            "configurable": {"thread_id": str(run.id)},
            "recursion_limit": _RECURSION_LIMIT,
        }
        if workload.config_of:
            config.update(workload.config_of(run))  # type: ignore[typeddict-item]  # the workload's own keys
        graph_input = await self._input_or_resume(run, workload, fingerprint, config)
        context = await self._context(run, workload)
        progress, final = _Progress(run, workload, self), {}
        modes = ["tasks", "values"]
        try:
            async for mode, chunk in graph.astream(
                graph_input, config, context=context, stream_mode=modes, durability="sync"
            ):
                if mode == "values":
                    final = _uninterrupted(chunk, run)
                else:
                    await progress.note(chunk)
        finally:
            progress.end()
        return workload.to_result(final)

    async def _context(self, run: Run, workload: Workload) -> object:
        if workload.context_of is None:
            return workload.context
        ends_at = time.monotonic() + await self._seconds_left(run)
        return workload.context_of(run, AttemptLeft(attempts=run.attempts_left, ends_at=ends_at))

    async def _input_or_resume(
        self, run: Run, workload: Workload, fingerprint: str, config: RunnableConfig
    ) -> JsonObject | None:
        """Return None (go on from the checkpoint) for a later attempt on the same graph, else the graph's input."""
        if run.attempt > 1 and await self.checkpointer.aget_tuple(config):
            if run.fingerprint == fingerprint:
                log.info("resume")
                return None
            await self.checkpointer.adelete_thread(str(run.id))
        await self._store(self.runs.note, run.id, _token(run), fingerprint=fingerprint)
        turns = await self._store(self.conversations.turns_before, run, self.options.history_turns)
        return await self._store(workload.to_input, run, turns)

    async def _graph(self, workload: Workload) -> tuple[Any, str]:
        """Compile a workload's graph once a process; building may load models, so it happens on a thread."""
        if workload.name not in self._graphs:
            builder = await asyncio.get_running_loop().run_in_executor(None, workload.build)
            if isawaitable(builder):
                builder = await builder
            self._graphs[workload.name] = (
                builder.compile(checkpointer=self.checkpointer),
                _fingerprint(builder),
            )
        compiled: tuple[Any, str] = self._graphs[workload.name]
        return compiled

    async def _store(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Make a blocking call on the store from the loop."""
        return await asyncio.get_running_loop().run_in_executor(
            self.store_threads, lambda: call(*args, **kwargs)
        )


class _Progress:
    """Writes what the graph is doing into the row, not more often than it can be read, and the last word always."""

    def __init__(self, run: Run, workload: Workload, executor: Executor) -> None:
        self._run, self._steps, self._executor = run, workload.steps, executor
        self._step, self._noted_at = "", time.monotonic()
        self._later: asyncio.Task[None] | None = None
        self._lost: LeaseLost | None = None

    async def note(self, task: Mapping[str, Any]) -> None:
        """Take one event of LangGraph's "tasks" stream: a node began, or (with a result) ended. Raises `LeaseLost`."""
        step = self._steps.get(task["name"])
        if self._lost:
            raise self._lost
        if step is None or "result" in task:
            return
        self._step = step
        wait = self._noted_at + _NOTE_SECONDS - time.monotonic()
        if wait <= 0:
            await self._write()
        elif self._later is None:
            self._later = asyncio.create_task(self._write_later(wait))

    def end(self) -> None:
        """Forget what is not written yet: the graph is done."""
        if self._later:
            self._later.cancel()

    async def _write_later(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        self._later = None
        try:
            await self._write()
        except LeaseLost as exc:
            self._lost = exc
        except StoreUnavailable as exc:  # the next note may do better
            log.debug("progress", error=str(exc))

    async def _write(self) -> None:
        self._noted_at = time.monotonic()
        note = self._executor.runs.note
        if not await self._executor._store(note, self._run.id, _token(self._run), step=self._step):
            raise LeaseLost(f"Run {self._run.id} is no longer held by this worker.", run_id=str(self._run.id))


def _uninterrupted(state: Any, run: Run) -> Any:
    """Return a state of the graph; raise `RunFailed` where it waits for a person, whom nobody asks here."""
    if isinstance(state, dict) and state.get(INTERRUPT):
        raise RunFailed(
            f"The graph {run.workload!r} stopped to ask somebody (interrupt), which it cannot do here.",
            hint="Give what it would ask for with its input.",
            run_id=str(run.id),
        )
    return state


def _fingerprint(builder: Any) -> str:
    """Hash of the graph's shape: nodes and edges by name. Another shape cannot read old checkpoints."""
    shape = [sorted(builder.nodes), sorted(map(list, builder.edges)), sorted(builder.branches)]
    return hashlib.sha256(json.dumps(shape).encode()).hexdigest()


def _stop_from_thread(loop: asyncio.AbstractEventLoop, task: "asyncio.Task[JsonObject]") -> None:
    loop.call_soon_threadsafe(task.cancel)


def _is_cancelled() -> bool:
    """True when the attempt itself is cancelled (the process stops), not only the graph inside it."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def _token(run: Run) -> UUID:
    assert run.token is not None, "a claimed run has a token"
    return run.token
