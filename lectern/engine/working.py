"""Working: everything that one process needs to execute runs: a loop, the lease's heartbeat, the sweep."""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import CancelledError, ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager
from functools import partial
from threading import Event, Thread
from uuid import UUID

from lectern.base.log import logger
from lectern.engine.background import STOP_SECONDS, Repeater
from lectern.engine.domain.run import Run
from lectern.engine.engine import Engine
from lectern.engine.errors import StoreUnavailable, WorkerBroken
from lectern.engine.executing import Executor
from lectern.engine.leasing import Lease
from lectern.engine.resuming import Checkpointer
from lectern.engine.sweeping import attempt, redeliver

log = logger(__name__)

_STORE_THREADS = 8
_DRAIN_LOOK_SECONDS = 0.05

#: Opens a checkpointer on the loop that uses it.
CheckpointerFactory = Callable[[], AbstractAsyncContextManager[Checkpointer]]


class WorkerProcess:
    """Executes runs in this process, until `stop`."""

    def __init__(
        self,
        engine: Engine,
        open_checkpointer: CheckpointerFactory,
        lease: Lease,
        *,
        sweeps: bool = True,
        on_dead_loop: Callable[[], None] = lambda: None,
    ) -> None:
        self._engine, self._open_checkpointer, self._lease = engine, open_checkpointer, lease
        self._on_dead_loop = on_dead_loop
        self._broken: BaseException | None = None
        #: Heartbeats since the loop last answered to one.
        self._unanswered = 0
        self._store_threads = ThreadPoolExecutor(_STORE_THREADS, "lectern-store")
        self._loop = asyncio.new_event_loop()
        self._loop_thread = Thread(target=self._serve_loop, name="lectern-loop", daemon=True)
        self._ready, self._stopping = Event(), Event()
        options = engine.options
        self._heartbeat = Repeater("heartbeat", self._beat, options.heartbeat_seconds)
        self._sweeper = Repeater("sweep", self._sweep, options.sweep_seconds) if sweeps else None

    def prepare(self) -> None:
        """Load what runs need, before any is offered a slot: it takes seconds.

        Raises `WorkerBroken` when that is not possible.
        """
        self._loop_thread.start()
        self._ready.wait()
        if self._broken is not None:
            raise WorkerBroken(f"This worker cannot start: {self._broken}") from self._broken

    def start(self) -> None:
        """Register the worker and begin to beat and sweep. A database that is away is waited for by the heartbeat."""
        if not self._ready.is_set():
            self.prepare()
        self._beat()
        self._heartbeat.start()
        if self._sweeper:
            self._sweeper.start()

    def run(self, run_id: UUID) -> Run | None:
        """Execute one delivered run on the loop and wait for its end; see `Executor.execute`."""
        future = asyncio.run_coroutine_threadsafe(self._executor.execute(run_id), self._loop)
        try:
            run = future.result()
        except CancelledError:  # this process stops, and the run went back to the queue
            return None
        except StoreUnavailable as exc:  # not claimed: it still waits, and is delivered again
            log.warning("claim", run_id=str(run_id), error=str(exc))
            return None
        if self._sweeper:
            self._sweeper.poke()
        return run

    def stop(self) -> None:
        """Give back what runs, remove the worker row, end the threads. Bounded in time."""
        if self._sweeper:
            self._sweeper.stop()
        self.give_back()
        self._heartbeat.stop()
        if self._loop_thread.is_alive():
            self._loop.call_soon_threadsafe(self._stop_loop)
            self._loop_thread.join(STOP_SECONDS)
        self._store_threads.shutdown(wait=False)
        attempt("leave", self._lease.end)

    def drain(self, grace_seconds: float) -> None:
        """Let attempts end by themselves for a while, then give back the rest. For a process that takes no more runs."""
        until = time.monotonic() + grace_seconds
        while self._lease.busy and time.monotonic() < until:
            time.sleep(_DRAIN_LOOK_SECONDS)
        self.give_back()

    def give_back(self) -> None:
        """End all attempts of this process now and return their runs to the queue."""
        if self._loop_thread.is_alive():
            asyncio.run_coroutine_threadsafe(self._cancel_attempts(), self._loop).result(STOP_SECONDS)

    def _beat(self) -> None:
        """Give a sign of life, for a loop that lives: with a dead one the runs are stuck, and the lease must run out.

        Counted in beats, not in seconds: a process that was stopped for a while has missed those as well.
        """
        options = self._engine.options
        silent_seconds = self._unanswered * options.heartbeat_seconds
        if silent_seconds > options.loop_silence_seconds or not self._loop_thread.is_alive():
            log.error("loop_dead", silent_seconds=silent_seconds, runs=self._lease.busy)
            self._on_dead_loop()
            return
        self._unanswered += 1
        self._loop.call_soon_threadsafe(self._echo)
        for token, run_id in self._lease.beat().items():
            attempt("stray", partial(self._engine.give_back, run_id, token))

    def _echo(self) -> None:
        self._unanswered = 0

    def _sweep(self) -> None:
        engine = self._engine
        attempt("take_back", engine.take_back)
        attempt("expire", engine.expire)
        attempt(
            "redeliver",
            lambda: redeliver(self._lease.queues, self._has_free_slot, engine.queue, engine.options),
        )
        for queue in engine.queues:
            if not attempt("dispatch", partial(engine.dispatch, queue)):
                break
        attempt("copy_results", engine.copy_results)

    def _has_free_slot(self, queue: str) -> bool:
        return self._lease.busy < self._lease.slots

    def _serve_loop(self) -> None:
        asyncio.set_event_loop(self._loop)
        # LangGraph runs sync nodes on the loop's default executor: one thread a slot, else six share two cores' default.
        self._loop.set_default_executor(ThreadPoolExecutor(max(4, self._lease.slots), "lectern-node"))
        self._done = asyncio.Event()
        serving = self._loop.create_task(self._serve())
        while not serving.done():
            try:
                self._loop.run_until_complete(serving)
            except (
                SystemExit,
                KeyboardInterrupt,
            ):  # a node's, whose run fails by it; the loop of all others goes on
                log.warning("exit_ignored")
            except BaseException as exc:
                self._broken = exc
                log.exception("loop_ended")
        self._loop.close()
        self._ready.set()

    async def _serve(self) -> None:
        engine = self._engine
        async with self._open_checkpointer() as checkpointer:
            self._executor = Executor(
                runs=engine.runs, conversations=engine.conversations, workloads=engine.workloads,
                checkpointer=checkpointer, lease=self._lease, options=engine.options, store_threads=self._store_threads,
            )  # fmt: skip
            await self._executor.prepare()
            self._ready.set()
            await self._done.wait()

    async def _cancel_attempts(self) -> None:
        attempts = [task for task in asyncio.all_tasks(self._loop) if task.get_name() == Executor.TASK_NAME]
        for task in attempts:
            task.cancel()
        if attempts:
            await asyncio.wait(attempts, timeout=STOP_SECONDS - 1)

    def _stop_loop(self) -> None:
        self._done.set()
