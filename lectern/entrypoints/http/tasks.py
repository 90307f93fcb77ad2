"""Asking, and what became of it."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest, JsonResponse
from ninja import Header, Query, Router

from lectern.base.ids import parse_id
from lectern.bootstrap import lectern
from lectern.engine.domain.run import Run
from lectern.engine.errors import UnknownRun
from lectern.engine.resubmitting import RETRY_OF
from lectern.entrypoints.asking import ask, ask_again
from lectern.entrypoints.http.guide import WORDS, submitted_body
from lectern.entrypoints.http.requests import AskRequest, FeedbackRequest, IdempotencyKey, RecentRequest
from lectern.entrypoints.http.responses import (
    FeedbackBody,
    Gone,
    ProblemBody,
    RecentTasks,
    Submitted,
    TaskStatus,
)
from lectern.entrypoints.http.status import status_of

router = Router(tags=["questions"])

_Key = Annotated[IdempotencyKey | None, Header(alias="Idempotency-Key")]
_REFUSED = dict.fromkeys((400, 403, 404, 408, 409, 413, 415, 500, 503), ProblemBody)
_STATUS = {200: TaskStatus, 404: ProblemBody, 410: Gone, 500: ProblemBody, 503: ProblemBody}


@router.post("ask-async/", response={202: Submitted, **_REFUSED})
def ask_async(request: HttpRequest, asked: AskRequest, idempotency_key: _Key = None) -> JsonResponse:
    """Submit a question; poll its task for the answer."""
    run = ask(**asked.arguments(), idempotency_key=idempotency_key)
    return JsonResponse(submitted_body(run.id), status=202)


@router.post("ask/", response={200: TaskStatus, 202: TaskStatus, **_REFUSED})
def ask_and_wait(request: HttpRequest, asked: AskRequest, idempotency_key: _Key = None) -> JsonResponse:
    """Submit a question and wait for its answer for a while (SYNC_ASK_SECONDS).

    200: it is ready. 202: it is not; poll its task. The waiting is the shell's: see `shell/waiting.py`.
    """
    run = ask(**asked.arguments(), idempotency_key=idempotency_key)
    return JsonResponse(status_of(run.id, lectern())[1], status=202)


@router.get("tasks/", response={200: RecentTasks, 400: ProblemBody, 500: ProblemBody, 503: ProblemBody})
def recent_tasks(request: HttpRequest, of: Query[RecentRequest]) -> JsonResponse:
    """List a student's latest tasks, newest first: for who closed the page and lost the id."""
    here = lectern()
    runs = here.engine.recent(of.student_id, of.course_id or None, of.limit)
    now = here.engine.runs.now()
    return JsonResponse({"tasks": [_item(run, now, here.settings.result_expires) for run in runs]})


@router.get("tasks/{path:task_id}/status/", response=_STATUS)
def task_status(request: HttpRequest, task_id: str) -> JsonResponse:
    """Tell how a task stands."""
    # Over HTTP the shell answers before it comes to this: see `shell/polling.py`. What is no id comes here.
    status, body = status_of(_run_id(task_id), lectern())
    return JsonResponse(body, status=status)


@router.post(
    "tasks/{path:task_id}/cancel/", response={**_STATUS, 403: ProblemBody, 408: ProblemBody, 413: ProblemBody}
)
def cancel_task(request: HttpRequest, task_id: str) -> JsonResponse:
    """End a task that is not ready; one that is stays as it is. Tells how it stands."""
    here = lectern()
    status, body = status_of(here.cancel(_run_id(task_id)).id, here)
    return JsonResponse(body, status=status)


@router.post(
    "tasks/{path:task_id}/retry/",
    response={
        200: TaskStatus,
        202: TaskStatus,
        **dict.fromkeys((403, 404, 408, 409, 413, 500, 503), ProblemBody),
        410: ProblemBody | Gone,
    },
)
def retry_task(request: HttpRequest, task_id: str) -> JsonResponse:
    """Ask a task that is ready once more, as a new task of the same conversation. Tells how the new one stands.

    202: it is not ready. 200: it is, as it was asked before: a task is asked again once.
    """
    status, body = status_of(ask_again(_run_id(task_id)).id, lectern())
    return JsonResponse(body, status=status if body["ready"] else 202)


@router.post("tasks/{path:task_id}/feedback/", response={200: FeedbackBody, **_REFUSED})
def rate_task(request: HttpRequest, task_id: str, said: FeedbackRequest) -> JsonResponse:
    """Say whether an answer helped: up or down, perhaps with a comment. Said again, it replaces what was said before."""
    kept = lectern().desk.rate(_run_id(task_id), said.student_id, said.rating, said.comment)
    return JsonResponse(
        {
            "task_id": str(kept.run_id),
            "rating": kept.rating.value,
            "comment": kept.comment,
            "rated_at": kept.rated_at.isoformat(),
        }
    )


def _run_id(text: str) -> UUID:
    run_id = parse_id(text)
    if run_id is None:
        raise UnknownRun(f"There is no task {text[:100]!r}.", run_id=text[:100])
    return run_id


def _item(run: Run, now: datetime, result_expires: float) -> dict[str, Any]:
    retry_of = {RETRY_OF: run.metadata[RETRY_OF]} if RETRY_OF in run.metadata else {}
    return retry_of | {
        "task_id": str(run.id),
        "status": WORDS[run.status],
        "ready": run.ended,
        "expired": run.expired(now, result_expires),
        "question": str(run.input.get("question", "")),
        "course_id": run.tenant,
        "thread_id": run.thread_key,
        "attempt": run.attempt,
        "created_at": run.created_at.isoformat(),
    }
