"""The pool: coroutine tasks of one process on one event loop, tasks that block on threads, each queue in its own slots."""

import os
import time
from collections.abc import Callable, Mapping
from typing import Any

from celery.concurrency.base import BasePool
from celery.worker import state

from lectern.adapters.celery.pool.callbacks import Callbacks
from lectern.adapters.celery.pool.jobs import Job
from lectern.adapters.celery.pool.replay import Replay, coroutine_of
from lectern.adapters.celery.pool.slots import Slots
from lectern.base.loop import LoopThread
from lectern.base.threads import DaemonThreads

#: Threads for what Celery does before and after coroutines; each has a connection to the result backend.
_TRACER_THREADS = 8
#: Tasks that block at once, at most: each holds a thread.
_MOST_BLOCKERS = 32
#: Threads of the loop, for a process whose configuration names no number.
_LOOP_THREADS = 32
#: How long cancelled coroutines may clean up when the process ends at once.
_CLEAN_UP_SECONDS = 2.0


class TaskPool(BasePool):  # type: ignore[misc]  # Celery has no types
    """Chosen by `worker_pool = "lectern.adapters.celery.pool.coroutines:TaskPool"`.

    `--concurrency` is the number of tasks at once. The setting `queue_slots` (queue -> number) gives queues slots of
    their own beside these; `loop_threads` bounds the threads to which coroutines hand what blocks.
    `task_acks_late` and a prefetch multiplier of 1 keep in the broker what has no slot.

    Soft time limits are raised inside coroutines; a task that blocks knows the hard limit only, and its thread is left
    to itself. `Task.retry` publishes: in a coroutine `await asyncio.to_thread(self.retry, ...)` keeps that off the loop.
    """

    signal_safe = False
    body_can_be_buffer = True
    #: No number of slots but the configured one: see the consumer.
    takes_autoscale = False

    _shared: tuple[int, LoopThread] | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.callbacks = Callbacks()
        self._jobs: set[Job] = set()
        self._replays: dict[str, Replay | None] = {}

    @classmethod
    def shared_loop(cls, threads: int = _LOOP_THREADS) -> LoopThread:
        """Return this process's loop, which runs from the first call on. It ends with the process."""
        pid = os.getpid()
        if TaskPool._shared is None or TaskPool._shared[0] != pid:
            TaskPool._shared = pid, LoopThread(threads)
        loop = TaskPool._shared[1]
        loop.start()
        return loop

    # --- what Celery calls ------------------------------------------------------------------------------------------

    def on_start(self) -> None:
        """Make loop, threads and slots."""
        conf, queues = self.app.conf, self.app.amqp.queues.consume_from
        own: Mapping[str, int] = conf.get("queue_slots") or {}
        self.loop = self.shared_loop(conf.get("loop_threads") or _LOOP_THREADS)
        self._slots: Slots[Job] = Slots(self.limit, own, tuple(queues))
        self._queue_of = {queue.routing_key: name for name, queue in queues.items()}
        self.tracers = DaemonThreads(_TRACER_THREADS, "celery-tracer")
        self.blockers = DaemonThreads(min(self._slots.total, _MOST_BLOCKERS), "celery-blocking")

    def register_with_event_loop(self, hub: Any) -> None:
        """Take the hub of the worker's thread, in which Celery is told of ends."""
        self.callbacks.register(hub)

    def on_apply(
        self,
        target: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: Any,
        *,
        accept_callback: Callable[..., Any],
        callback: Callable[..., Any],
        error_callback: Callable[..., Any],
        timeout_callback: Callable[..., Any],
        soft_timeout: float | None = None,
        timeout: float | None = None,
        **_: Any,
    ) -> Job:
        """Run a task as soon as its queue has a free slot."""
        name, _id, request, *_rest = args
        where = (request.get("delivery_info") or {}).get("routing_key")
        job = Job(
            home=self,
            queue=self._queue_of.get(where, where or ""),
            target=target,
            args=args,
            replay=self._replay(name),
            on_accepted=accept_callback,
            on_success=callback,
            on_failure=error_callback,
            on_timeout=timeout_callback,
            soft_limit=soft_timeout or self.options.get("soft_timeout"),
            hard_limit=timeout or self.options.get("timeout"),
        )
        self._jobs.add(job)
        if self._slots.take(job.queue, job):
            job.begin()
        return job

    def terminate_job(self, pid: int, signal: Any = None) -> None:
        """Do nothing: Celery calls the job's own `terminate` next."""

    def on_close(self) -> None:
        """Return to the broker what waits for a slot: it was not accepted."""
        for job in self._slots.clear():
            self._jobs.discard(job)

    def on_stop(self) -> None:
        """Wait for what runs (warm shutdown). In a cold one everything was let go already."""
        while self._jobs and not state.should_terminate:
            self.callbacks.wait(0.2)

    def on_terminate(self) -> None:
        """Cancel what still runs; its messages go back. Coroutines get a moment for their `finally`."""
        for job in list(self._jobs):
            job.terminate()
        until = time.monotonic() + _CLEAN_UP_SECONDS
        while self._jobs and time.monotonic() < until:
            self.callbacks.wait(0.05)

    def taken(self, queue: str) -> int:
        """Count the slots of a queue that are taken, and what waits for one."""
        return self._slots.taken(queue)

    @property
    def num_processes(self) -> int:
        """Tasks at once in the queues that have no slots of their own: Celery's measure for what to prefetch."""
        return int(self.limit)

    def grow(self, n: int) -> None:
        """Refuse: the number of slots is that of the worker's row."""
        raise NotImplementedError("This pool has the slots that --concurrency gave it; start another worker.")

    shrink = grow

    def _get_info(self) -> dict[str, Any]:
        info: dict[str, Any] = super()._get_info()
        lag, threads = self.loop.lag, self.loop.threads
        loop = {"lag": round(lag.seconds, 3), "worst-lag": round(lag.worst_seconds, 3)}
        used = {"of": threads.most, "busy": threads.busy, "waiting": threads.waiting}
        return {**info, "slots": self._slots.info(), "loop": loop, "threads": used}

    # --- what jobs call ---------------------------------------------------------------------------------------------

    def leave_slot(self, job: Job) -> None:
        """Let the next one have the job's slot."""
        following = self._slots.free(job.queue)
        if following:
            self.callbacks.post(following.begin)

    def forget(self, job: Job) -> None:
        """Drop a job of which Celery knows everything."""
        self._jobs.discard(job)

    def _replay(self, name: str) -> Replay | None:
        if name not in self._replays:
            task = self.app.tasks[name]
            self._replays[name] = Replay(task, self.app) if coroutine_of(task) else None
        return self._replays[name]
