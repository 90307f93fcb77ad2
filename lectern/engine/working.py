"""Working: everything that one process needs to execute runs: a loop, the lease's heartbeat, the sweep."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from contextlib import AbstractAsyncContextManager, suppress
from functools import partial
from threading import Event, Lock
from typing import Any
from uuid import UUID

from lectern.base.log import logger
from lectern.base.loop import LoopThread
from lectern.base.threads import DaemonThreads
from lectern.engine.background import STOP_SECONDS, Repeater
from lectern.engine.domain.run import Run
from lectern.engine.engine import Engine
from lectern.engine.errors import StoreUnavailable, WorkerBroken
from lectern.engine.executing import Executor
from lectern.engine.leasing import Lease
from lectern.engine.resuming import Checkpointer
from lectern.engine.sweeping import attempt, redeliver

log = logger(__name__)

#: Each has a connection. Few are enough: claims and ends come together.
_STORE_THREADS = 4
_DRAIN_LOOK_SECONDS = 0.05
#: Runs that end within this time of a dispatch lead to one more.
_REST_SECONDS = 0.05
#: How long stopped attempts may take to notice it, before they are cancelled one by one.
_NOTICE_SECONDS = 1.0

#: Opens a checkpointer on the loop that uses it.
CheckpointerFactory = Callable[[], AbstractAsyncContextManager[Checkpointer]]


class WorkerProcess:
    """Executes runs in this process, until `stop`.

    `loop` is one that others use, too, and that goes on afterwards; without it there is an own one. With `shares_slots`
    the slots of any queue are all there are.
    """

    def __init__(
        self,
        engine: Engine,
        open_checkpointer: CheckpointerFactory,
        lease: Lease,
        *,
        loop: LoopThread | None = None,
        shares_slots: bool = True,
        sweeps: bool = True,
        on_dead_loop: Callable[[], None] = lambda: None,
    ) -> None:
        self._engine, self._open_checkpointer, self._lease = engine, open_checkpointer, lease
        self._on_dead_loop, self._shares_slots = on_dead_loop, shares_slots
        self._broken: BaseException | None = None
        #: Heartbeats since the loop last answered to one.
        self._unanswered = 0
        #: Deliveries in work, by queue.
        self._busy: Counter[str] = Counter()
        #: Tells how many slots of a queue are taken, for a pool that knows of deliveries before they come here.
        self.taken: Callable[[str], int] = self._count_busy
        #: Queues in which runs ended since the last dispatch.
        self._finished: set[str] = set()
        self._store_threads = DaemonThreads(_STORE_THREADS, "lectern-store")
        self._owns_loop = loop is None
        self._loop = loop or LoopThread(engine.options.node_threads)
        self._ready, self._retiring = Event(), Lock()
        options = engine.options
        self._heartbeat = Repeater("heartbeat", self._beat, options.heartbeat_seconds)
        self._sweeper = Repeater("sweep", self._sweep, options.sweep_seconds) if sweeps else None
        self._dispatcher = Repeater("dispatch", self._dispatch, None, rest_seconds=_REST_SECONDS)

    def prepare(self) -> None:
        """Load what runs need, before any is offered a slot: it takes seconds.

        Raises `WorkerBroken` when that is not possible.
        """
        self._loop.start()
        self._serving = self._loop.submit(self._serve())
        self._serving.add_done_callback(self._end_serving)
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
            self._dispatcher.start()

    async def execute(self, run_id: UUID, queue: str = "") -> Run | None:
        """Execute one delivered run and return it as it then is; None when the delivery came to nothing.

        On this worker's loop only. See `Executor.execute`; a cancelled caller gives the run back.
        """
        self._busy[queue] += 1
        executing = asyncio.create_task(self._executor.execute(run_id))
        try:
            run = await executing
        except asyncio.CancelledError:
            caller = asyncio.current_task()
            if caller and caller.cancelling():
                raise
            return None  # this process stops, and the run went back to the queue
        except StoreUnavailable as exc:  # not claimed: it still waits, and is delivered again
            log.warning("claim", run_id=str(run_id), error=str(exc))
            return None
        finally:
            self._busy[queue] -= 1
        if queue:
            self._finished.add(queue)
            self._dispatcher.poke()
        return run

    def run(self, run_id: UUID, queue: str = "") -> Run | None:
        """Execute one delivered run and wait for its end; see `execute`. For threads other than the loop's."""
        return self._loop.submit(self.execute(run_id, queue)).result()

    def cancel(self, run_id: UUID) -> bool:
        """Cancel a run that is executed here, and stop it at once; False when it is not. Raises `StoreUnavailable`."""
        if not self._lease.holds(run_id):
            return False
        self._engine.cancel(run_id)
        return self._lease.stop_run(run_id)

    def is_idle(self) -> bool:
        """Return True when no slot of this process is taken."""
        return not any(self.taken(queue) for queue in self._lease.queues)

    def stop(self) -> None:
        """Give back what runs, remove the worker row, end the threads. Bounded in time."""
        self.retire()
        if self._loop.is_alive() and self._ready.is_set():
            with suppress(RuntimeError):  # it ended between the look and now
                self._loop.loop.call_soon_threadsafe(self._done.set)
            self._wait(self._serving)
        if self._owns_loop:
            self._loop.stop()
        self._store_threads.shutdown(wait=False)

    def drain(self, grace_seconds: float) -> None:
        """Let attempts end by themselves for a while, then give back the rest. For a process that takes no more runs."""
        until = time.monotonic() + grace_seconds
        while self._is_busy() and time.monotonic() < until:
            time.sleep(_DRAIN_LOOK_SECONDS)
        self.retire()

    def retire(self) -> None:
        """Be a worker no more: end all attempts, return their runs to the queue and have others take them."""
        with self._retiring:
            if self.give_back():
                for queue in self._lease.queues:
                    attempt("dispatch", partial(self._engine.dispatch, queue))
            self._wait_for_attempts()
            for repeated in (self._sweeper, self._dispatcher, self._heartbeat):
                if repeated:
                    repeated.stop()

    def give_back(self) -> bool:
        """Stop all attempts of this process, return their runs to the queue and leave; True when there were any.

        Runs are returned by one statement for all of them: an attempt that loses its run has nothing to write any more.
        """
        busy = self._is_busy()
        if busy:
            attempt("release", lambda: self._engine.release(self._lease.worker_id))
            self._lease.stop_all()
        attempt("leave", self._lease.end)
        return busy

    def _wait_for_attempts(self) -> None:
        if self._loop.is_alive() and self._is_busy():
            self._wait(self._loop.submit(self._end_attempts()))

    # --- what is repeated -------------------------------------------------------------------------------------------

    def _beat(self) -> None:
        """Give a sign of life, for a loop that lives: with a dead one the runs are stuck, and the lease must run out.

        Counted in beats, not in seconds: a process that was stopped for a while has missed those as well.
        """
        options = self._engine.options
        silent_seconds = self._unanswered * options.heartbeat_seconds
        if silent_seconds > options.loop_silence_seconds or not self._loop.is_alive():
            log.error("loop_dead", silent_seconds=silent_seconds, runs=self._lease.busy)
            self._on_dead_loop()
            return
        self._unanswered += 1
        self._loop.loop.call_soon_threadsafe(self._echo)
        for token, run_id in self._lease.beat().items():
            attempt("stray", partial(self._engine.give_back, run_id, token))
        log.debug("heartbeat", **self._gauges())

    def _echo(self) -> None:
        self._unanswered = 0

    def _sweep(self) -> None:
        engine = self._engine
        attempt("take_back", engine.take_back)
        attempt("expire", engine.expire)
        attempt(
            "redeliver",
            lambda: redeliver(self._lease.queues, self._would_take, engine.queue, engine.options),
        )
        for queue in engine.queues:
            if not attempt("dispatch", partial(engine.dispatch, queue)):
                break
        attempt("copy_results", engine.copy_results)

    def _dispatch(self) -> None:
        """Fill the places of runs that ended just now, and hand out their results."""
        ended = len(self._finished)
        for _ in range(ended):  # the loop may add to it meanwhile: that is the next round's
            attempt("dispatch", partial(self._engine.dispatch, self._finished.pop()))
        if ended:
            attempt("copy_results", self._engine.copy_results)

    def _is_busy(self) -> bool:
        return bool(self._busy.total() or self._lease.busy)

    def _would_take(self, queue: str) -> bool:
        """Return True when a message of `queue` that the broker had would be here by now.

        A broker with messages left is still handing them out: five thousand take a while.
        """
        free = self.taken(queue) < self._lease.slots.get(queue, 0)
        return free and not self._engine.broker.waiting(queue)

    def _count_busy(self, queue: str) -> int:
        return self._busy.total() if self._shares_slots else self._busy[queue]

    def _gauges(self) -> dict[str, Any]:
        lag, threads = self._loop.lag, self._loop.threads
        return {
            "runs": self._lease.busy,
            "loop_lag_seconds": round(lag.seconds, 3),
            "worst_lag_seconds": round(lag.worst_seconds, 3),
            "node_threads": threads.busy,
            "nodes_waiting": threads.waiting,
        }

    # --- on the loop ------------------------------------------------------------------------------------------------

    async def _serve(self) -> None:
        engine = self._engine
        self._done = asyncio.Event()
        async with self._open_checkpointer() as checkpointer:
            self._executor = Executor(
                runs=engine.runs, conversations=engine.conversations, workloads=engine.workloads,
                checkpointer=checkpointer, lease=self._lease, options=engine.options, store_threads=self._store_threads,
            )  # fmt: skip
            await self._executor.prepare()
            done = asyncio.create_task(self._done.wait())
            self._ready.set()
            while not self._done.is_set():
                self._lease.expire()
                await asyncio.wait({done}, timeout=engine.options.heartbeat_seconds)

    def _end_serving(self, serving: "Future[None]") -> None:
        if not serving.cancelled():
            self._broken = serving.exception()
        self._ready.set()

    async def _end_attempts(self) -> None:
        """Wait for attempts that were stopped; cancel those that do not notice, or began meanwhile."""
        attempts = {task for task in asyncio.all_tasks() if task.get_name() == Executor.TASK_NAME}
        if attempts:
            _, attempts = await asyncio.wait(attempts, timeout=_NOTICE_SECONDS)
        for task in attempts:
            task.cancel()
        if attempts:
            await asyncio.wait(attempts, timeout=STOP_SECONDS - 1 - _NOTICE_SECONDS)

    def _wait(self, future: "Future[Any]") -> None:
        try:
            future.result(STOP_SECONDS)
        except CancelledError:  # the loop ended first: the whole process ends
            return
        except TimeoutError:
            log.error("stop", error="The loop did not answer in time; what it holds is taken back by others.")
