"""What a Celery worker does when it starts and stops: lease, sweep and loop come and go with it."""

import os
import socket
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from threading import Lock, Thread
from typing import TYPE_CHECKING, Any

from celery.signals import (
    celeryd_after_setup,
    task_revoked,
    worker_process_shutdown,
    worker_ready,
    worker_shutdown,
    worker_shutting_down,
)

from lectern.base.errors import LecternError
from lectern.base.ids import parse_id
from lectern.base.log import logger
from lectern.base.loop import LoopThread
from lectern.bootstrap import lectern
from lectern.engine.errors import UnknownRun

if TYPE_CHECKING:
    from lectern.engine.working import WorkerProcess  # at run time it loads LangGraph: two seconds

log = logger(__name__)

#: Seconds after which a worker that was told to end, and had its grace, is ended whatever Celery still waits for.
_END_SECONDS = 4.0
_LOOK_SECONDS = 0.1


@dataclass
class _Process:
    """What this process is as a worker. A pool that forks gives each child one of its own."""

    pid: int
    name: str
    #: Of each queue that it serves.
    slots: Mapping[str, int]
    #: That of the pool, where it has one; then each queue has slots of its own, too.
    loop: LoopThread | None = None
    worker: "WorkerProcess | None" = None
    started: bool = False


_here: _Process | None = None
_lock = Lock()


def this_worker() -> "WorkerProcess":
    """Return what executes runs in this process; the first call in a process registers it as a worker."""
    process = _process()
    with _lock:
        worker = process.worker = process.worker or lectern().worker(process.name, process.slots)
        if not process.started:
            worker.start()
            process.started = True
    return worker


def worker_here() -> "WorkerProcess | None":
    """Return what executes runs in this process, if anything does."""
    return _process().worker


@celeryd_after_setup.connect
def set_up(sender: str, instance: Any, **_: Any) -> None:
    """Remember name, slots and queues, and load graphs and models, unless the pool forks: threads do not survive that."""
    global _here
    loop_of = getattr(instance.pool_cls, "shared_loop", None)
    _here = _Process(os.getpid(), sender, _slots(instance, own=loop_of is not None))
    if "prefork" not in instance.pool_cls.__module__:
        try:
            lectern().warm_up()
            _here.loop = loop_of(instance.app.conf["loop_threads"]) if loop_of else None
            _here.worker = lectern().worker(
                sender,
                _here.slots,
                loop=_here.loop,
                shares_slots=_here.loop is None,
                on_dead_loop=_end_at_once,
            )
            _here.worker.prepare()
        except LecternError as exc:  # Celery logs what a signal's receiver raises, and would go on without it
            raise SystemExit(str(exc)) from exc


@worker_ready.connect
def begin(sender: Any, **_: Any) -> None:
    """Offer slots now that messages are taken; a worker that forks leaves that to its children."""
    worker = _process().worker
    if worker:
        worker.taken = getattr(sender.pool, "taken", worker.taken)
        this_worker()


@task_revoked.connect
def cancel(request: Any, expired: bool, **_: Any) -> None:
    """End the run whose message a worker threw away because of `celery control revoke`."""
    run_id = parse_id(request.id)
    if run_id and not expired:
        with suppress(UnknownRun):
            lectern().engine.cancel(run_id)


@worker_shutting_down.connect
def drain(how: str, **_: Any) -> None:
    """Let runs end for a moment, then give them back, so that another worker goes on at once. Cold: without the moment."""
    if worker := _process().worker:
        if how == "Cold":
            Thread(target=worker.drain, args=(0.0,), name="lectern-drain", daemon=True).start()
            Thread(target=_end_soon, name="lectern-end", daemon=True).start()
        else:
            grace = lectern().settings.worker_grace
            Thread(target=_end_in_time, args=(worker, grace), name="lectern-drain", daemon=True).start()


@worker_shutdown.connect
@worker_process_shutdown.connect
def end(**_: Any) -> None:
    """Remove the worker row."""
    process = _process()
    worker, process.worker = process.worker, None
    if worker:
        worker.stop()


def _slots(instance: Any, *, own: bool) -> Mapping[str, int]:
    """Return how many messages of each queue a worker process takes at once; with `own` slots some queues differ."""
    pool = instance.pool_cls.__module__
    slots = 1 if "prefork" in pool or "solo" in pool else instance.concurrency
    queues = dict.fromkeys(instance.app.amqp.queues.consume_from, slots)
    theirs: Mapping[str, int] = instance.app.conf["queue_slots"] if own else {}
    return queues | {queue: of for queue, of in theirs.items() if queue in queues}


def _end_soon() -> None:
    """End a process that was told to end at once: Celery removes no row then, and a connection's thread would hold it."""
    worker = _process().worker
    if worker:
        worker.stop()
    time.sleep(_END_SECONDS)
    os._exit(1)


def _end_in_time(worker: "WorkerProcess", grace: float) -> None:
    """Give runs back after the grace; then end the process, once it has no task, though Celery waits for its broker.

    Celery talks with the broker in its main thread, without a limit of time, and looks only afterwards whether to end.
    """
    until = time.monotonic() + grace + _END_SECONDS
    worker.drain(grace)
    while time.monotonic() < until or not worker.is_idle():
        time.sleep(_LOOK_SECONDS)
    log.warning("end", error="Celery waits for a broker that does not answer; the process ends without it.")
    os._exit(0)


def _end_at_once() -> None:
    """End a process whose runs are stuck, so that it is started anew and its runs go to another worker."""
    os._exit(1)


def _process() -> _Process:
    global _here
    pid = os.getpid()
    if _here is None:
        _here = _Process(pid, f"{pid}@{socket.gethostname()}", {})
    elif _here.pid != pid:  # a forked child: its parent's worker is not its own
        _here = _Process(pid, f"{_here.name}/{pid}", _here.slots)
    return _here
