"""What a running worker can be told by Celery's remote control: `lectern_cancel`, and Celery's own `revoke`.

A command moves the run's row and stops its coroutine at once. What does not arrive is made good by the next heartbeat.
"""

from collections.abc import Callable, Iterable
from functools import cache, partial
from typing import Any
from uuid import UUID

from celery.utils.functional import maybe_list
from celery.worker import control

from lectern.base.ids import parse_id
from lectern.base.log import logger
from lectern.base.threads import DaemonThreads
from lectern.bootstrap import lectern
from lectern.engine.errors import StoreUnavailable, UnknownRun
from lectern.entrypoints.worker.lifecycle import worker_here

log = logger(__name__)

_revoke = control.Panel.data["revoke"]


@control.control_command(
    name="lectern_cancel", args=[("run_id", str)], signature="<run_id>", help="Cancel a run that is executed."
)
def lectern_cancel(state: Any, run_id: str, **_: Any) -> dict[str, str]:
    """Cancel a run if this worker executes it; whoever tells it to all workers has moved the row already."""
    return _cancel([run_id], _cancel_here)


@control.control_command(
    variadic="task_id",
    signature="[id1 [id2 [... [idN]]]]",
    help="Revoke tasks by their ids; runs are cancelled, waiting and running ones alike.",
)
def revoke(state: Any, task_id: Any, terminate: bool = False, signal: Any = None, **kwargs: Any) -> Any:
    """Cancel the runs among the ids wherever they are, and do with all ids what Celery does."""
    task_ids: list[str] = list(maybe_list(task_id) or [])
    _cancel(task_ids, _cancel_anywhere)
    return _revoke(state, task_ids, terminate=terminate, signal=signal, **kwargs)


def _cancel(task_ids: Iterable[str], cancel: Callable[[UUID], None]) -> dict[str, str]:
    """Cancel runs from a thread: this one takes the broker's messages, and the database may be slow."""
    for run_id in filter(None, map(parse_id, task_ids)):
        _threads().submit(partial(_attempt, cancel, run_id))
    return {"ok": "The run is stopped if it is executed here."}


def _attempt(cancel: Callable[[UUID], None], run_id: UUID) -> None:
    try:
        cancel(run_id)
    except UnknownRun:  # an id of another kind of task
        return
    except StoreUnavailable as exc:
        log.warning("cancel", run_id=str(run_id), error=str(exc))
    except Exception:
        log.exception("cancel", run_id=str(run_id))


def _cancel_here(run_id: UUID) -> None:
    if worker := worker_here():
        worker.cancel(run_id)


def _cancel_anywhere(run_id: UUID) -> None:
    lectern().engine.cancel(run_id)
    _cancel_here(run_id)


@cache
def _threads() -> DaemonThreads:
    return DaemonThreads(2, "lectern-cancel")
