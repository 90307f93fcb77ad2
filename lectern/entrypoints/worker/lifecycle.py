"""What a Celery worker does when it starts and stops: lease, sweep and loop come and go with it."""

import os
import socket
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
from lectern.bootstrap import lectern
from lectern.engine.errors import UnknownRun

if TYPE_CHECKING:
    from lectern.engine.working import WorkerProcess  # at run time it loads LangGraph: two seconds

log = logger(__name__)

#: Seconds that runs get to end by themselves when the worker is asked to stop.
_GRACE_SECONDS = 3.0


@dataclass
class _Process:
    """What this process is as a worker. A pool that forks gives each child one of its own."""

    pid: int
    name: str
    slots: int
    queues: tuple[str, ...]
    worker: "WorkerProcess | None" = None
    started: bool = False


_here: _Process | None = None
_lock = Lock()


def this_worker() -> "WorkerProcess":
    """Return what executes runs in this process; the first call in a process registers it as a worker."""
    process = _process()
    with _lock:
        worker = process.worker = process.worker or lectern().worker(
            process.name, process.slots, process.queues
        )
        if not process.started:
            worker.start()
            process.started = True
    return worker


@celeryd_after_setup.connect
def set_up(sender: str, instance: Any, **_: Any) -> None:
    """Remember name, slots and queues, and load graphs and models, unless the pool forks: threads do not survive that."""
    global _here
    pool = instance.pool_cls.__module__
    forks, slots = "prefork" in pool, 1 if "prefork" in pool or "solo" in pool else instance.concurrency
    queues = tuple(instance.app.amqp.queues.consume_from)
    _here = _Process(os.getpid(), sender, slots, queues)
    if not forks:
        try:
            lectern().warm_up()
            _here.worker = lectern().worker(sender, _here.slots, queues, on_dead_loop=_end_at_once)
            _here.worker.prepare()
        except LecternError as exc:  # Celery logs what a signal's receiver raises, and would go on without it
            raise SystemExit(str(exc)) from exc


@worker_ready.connect
def begin(**_: Any) -> None:
    """Offer slots now that messages are taken; a worker that forks leaves that to its children."""
    if _process().worker:
        this_worker()


@task_revoked.connect
def cancel(request: Any, expired: bool, **_: Any) -> None:
    """End the run whose message a worker threw away because of `celery control revoke`."""
    run_id = parse_id(request.id)
    if run_id and not expired:
        with suppress(UnknownRun):
            lectern().engine.cancel(run_id)


@worker_shutting_down.connect
def drain(**_: Any) -> None:
    """Let runs end for a moment, then give them back, so that another worker goes on at once."""
    if worker := _process().worker:
        Thread(target=worker.drain, args=(_GRACE_SECONDS,), name="lectern-drain", daemon=True).start()


@worker_shutdown.connect
@worker_process_shutdown.connect
def end(**_: Any) -> None:
    """Remove the worker row."""
    process = _process()
    worker, process.worker = process.worker, None
    if worker:
        worker.stop()


def _end_at_once() -> None:
    """End a process whose runs are stuck, so that it is started anew and its runs go to another worker."""
    os._exit(1)


def _process() -> _Process:
    global _here
    pid = os.getpid()
    if _here is None:
        _here = _Process(pid, f"{pid}@{socket.gethostname()}", 1, ())
    elif _here.pid != pid:  # a forked child: its parent's worker is not its own
        _here = _Process(pid, f"{_here.name}/{pid}", 1, _here.queues)
    return _here
