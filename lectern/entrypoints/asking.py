"""Ask: what every door (HTTP, Python, Celery) does with a question."""

from collections.abc import Mapping
from typing import Any

from lectern.bootstrap import lectern
from lectern.engine.domain.run import Run


def ask(
    student_id: str, question: str, context: Mapping[str, Any] | None = None, thread_id: str | None = None
) -> Run:
    """Submit a question, have it dispatched soon, and return its run, queued; see the guide for the arguments.

    Raises what `submit` raises.
    """
    run = submit(student_id, question, context, thread_id)
    lectern().wake()
    return run


def submit(
    student_id: str, question: str, context: Mapping[str, Any] | None = None, thread_id: str | None = None
) -> Run:
    """Submit a question and leave its dispatch to whoever sweeps.

    Raises `UnknownCourse`, `AmbiguousCourse`, `StoreUnavailable`.
    """
    here, context = lectern(), context or {}
    course = here.tutor.course_for(context.get("course_id"))
    request = here.tutor.request(
        student_id=student_id, question=question, course=course, thread_id=thread_id, context=context
    )
    return here.engine.submit(request)
