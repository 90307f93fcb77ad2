"""Ask: what every door (HTTP, Python, Celery) does with a question."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction

from lectern.bootstrap import lectern
from lectern.engine.domain.run import Run
from lectern.entrypoints.http.requests import checked_key, checked_question


def ask(
    student_id: str,
    question: str,
    context: Mapping[str, Any] | None = None,
    thread_id: str | None = None,
    idempotency_key: str | None = None,
) -> Run:
    """Submit a question, have it dispatched soon, and return its run; see the guide for the arguments.

    A student's question that is asked again with the same `idempotency_key` within a day is the same run, however it
    stands. Raises what `submit` raises.
    """
    run = submit(student_id, question, context, thread_id, idempotency_key)
    # Within a transaction of the caller's there is nothing to dispatch before it commits.
    transaction.on_commit(partial(lectern().wake, run.queue))
    return run


def submit(
    student_id: str,
    question: str,
    context: Mapping[str, Any] | None = None,
    thread_id: str | None = None,
    idempotency_key: str | None = None,
) -> Run:
    """Submit a question and leave its dispatch to whoever sweeps.

    Raises `InvalidRequest`, `UnknownCourse`, `AmbiguousCourse`, `KeyReused`, `StoreUnavailable`.
    """
    here, asked = lectern(), checked_question(student_id, question, context, thread_id)
    key = checked_key(idempotency_key)
    course = here.tutor.course_for(asked["context"].get("course_id"))
    return here.engine.submit(replace(here.tutor.request(course=course, **asked), idempotency_key=key))


def ask_again(run_id: UUID) -> Run:
    """Return the run that repeats an ended one, made now or before, and have it dispatched soon.

    Raises `UnknownRun`, `NotEnded`, `NotRepeatable`, `InputGone`, `StoreUnavailable`.
    """
    run = lectern().engine.ask_again(run_id)
    transaction.on_commit(partial(lectern().wake, run.queue))
    return run
