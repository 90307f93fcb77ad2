"""Running graphs of one's own: what Python and the console do with one. The engine does the rest, as with a question."""

from collections.abc import Callable, Mapping
from functools import partial
from time import monotonic, sleep
from typing import Any
from uuid import UUID

from django.db import transaction

from lectern.base.ids import parse_id
from lectern.bootstrap import lectern
from lectern.engine.domain.run import Run
from lectern.engine.errors import UnknownRun, UnknownWorkload
from lectern.engine.submitting import RunRequest
from lectern.engine.workload import CONTEXT
from lectern.entrypoints.http.errors import InvalidRequest
from lectern.entrypoints.http.requests import LONGEST_NAME, is_name, storable
from lectern.entrypoints.http.status import status_of

#: Bytes of JSON.
LARGEST_INPUT, LARGEST_METADATA = 1_000_000, 10_000

#: Seconds between two looks at a run: the first, how it grows, the longest.
_FIRST_PAUSE, _GROWTH, _LONGEST_PAUSE = 0.02, 1.5, 0.5


def submit(
    name: str,
    input: Mapping[str, Any],
    *,
    thread_id: str | None = None,
    owner: str = "",
    context: Mapping[str, Any] | None = None,
    metadata: Mapping[str, Any] | None = None,
) -> Run:
    """Submit a run of a graph that `langgraph.json` names, have it dispatched soon, and return it, queued.

    `context` is what its nodes find in `runtime.context`, `metadata` what they find in their config's. Runs of one
    `thread_id` of one `owner` are executed in their order; without one a run has no order. Raises `UnknownWorkload`,
    `InvalidRequest`, `StoreUnavailable`.
    """
    here = lectern()
    known = [graph.name for graph in here.settings.graphs]
    if name not in known:
        names = f"It names {', '.join(known)}." if known else "There is no such file, or it names none."
        raise UnknownWorkload(f"langgraph.json names no graph {str(name)[:100]!r}.", hint=names, known=known)
    run = here.engine.submit(
        RunRequest(
            workload=name,
            input=_checked("input", input, LARGEST_INPUT),
            owner=_named("owner", owner),
            thread_key=None if thread_id is None else _named("thread_id", thread_id, shortest=1),
            in_thread=thread_id is not None,
            metadata=_metadata(context, metadata),
        )
    )
    # Within a transaction of the caller's there is nothing to dispatch before it commits.
    transaction.on_commit(partial(here.wake, run.queue))
    return run


def find(run_id: str) -> Run:
    """Return the run of that id. Raises `UnknownRun`."""
    parsed = parse_id(run_id)
    if parsed is None:
        raise UnknownRun(f"There is no task {run_id[:100]!r}.", run_id=run_id[:100])
    return lectern().engine.get(parsed)


def told(run_id: UUID) -> dict[str, Any]:
    """Return the body of `GET /api/ai/tasks/<id>/status/`. Raises `UnknownRun`."""
    here = lectern()
    return status_of(run_id, here)[1]


def cancel(run_id: UUID) -> None:
    """End a run that has not ended. Raises `UnknownRun`."""
    lectern().cancel(run_id)


def wait_for(run_id: UUID, seconds: float | None, on_look: Callable[[Run], None] = lambda _run: None) -> Run:
    """Return the run when it has ended, or as it is after `seconds`; `on_look` is told of it at each look. Blocks."""
    until, pause = None if seconds is None else monotonic() + seconds, _FIRST_PAUSE
    while True:
        run = lectern().engine.get(run_id)
        on_look(run)
        left = pause if until is None else min(pause, until - monotonic())
        if run.ended or left <= 0:
            return run
        sleep(left)
        pause = min(pause * _GROWTH, _LONGEST_PAUSE)


def _metadata(context: Mapping[str, Any] | None, metadata: Mapping[str, Any] | None) -> dict[str, Any]:
    checked = _checked("metadata", metadata or {}, LARGEST_METADATA)
    if CONTEXT in checked:
        raise _invalid("metadata", f"must not have the key {CONTEXT!r}: give it as context")
    if context is not None:
        checked[CONTEXT] = _checked("context", context, LARGEST_METADATA)
    return checked


def _checked(field: str, value: object, largest: int) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise _invalid(field, f"must be an object, not a {type(value).__name__}")
    try:
        return storable(dict(value), largest)
    except ValueError as exc:
        raise _invalid(field, str(exc)) from exc


def _named(field: str, value: object, shortest: int = 0) -> str:
    if not isinstance(value, str) or not is_name(value, LONGEST_NAME) or len(value) < shortest:
        raise _invalid(field, f"must be a text of {shortest} to {LONGEST_NAME} characters without a NUL")
    return value


def _invalid(field: str, says: str) -> InvalidRequest:
    return InvalidRequest(f"{field} {says}.", fields={field: says})
