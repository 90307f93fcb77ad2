"""Ask: what every door (HTTP, Python, Celery) does with a question."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from lectern.bootstrap import lectern
from lectern.engine.domain.run import Run
from lectern.entrypoints.http.requests import checked_question


def ask(
    student_id: str, question: str, context: Mapping[str, Any] | None = None, thread_id: str | None = None
) -> Run:
    """Submit a question, have it dispatched soon, and return its run, queued; see the guide for the arguments.

    Raises what `submit` raises.
    """
    run = submit(student_id, question, context, thread_id)
    # Within a transaction of the caller's there is nothing to dispatch before it commits.
    transaction.on_commit(lectern().wake)
    return run


def submit(
    student_id: str, question: str, context: Mapping[str, Any] | None = None, thread_id: str | None = None
) -> Run:
    """Submit a question and leave its dispatch to whoever sweeps.

    Raises `InvalidRequest`, `UnknownCourse`, `AmbiguousCourse`, `StoreUnavailable`.
    """
    here, asked = lectern(), checked_question(student_id, question, context, thread_id)
    course = here.tutor.course_for(asked["context"].get("course_id"))
    return here.engine.submit(here.tutor.request(course=course, **asked))
