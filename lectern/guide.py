"""The guide's Python names. Needs a configured Django, as in `manage.py shell`."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from lectern.base.ids import parse_id
from lectern.bootstrap import celery_app, lectern
from lectern.engine.domain.queues import Queues
from lectern.engine.domain.run import RunStatus
from lectern.engine.errors import RunFailed, UnknownRun
from lectern.entrypoints.asking import submit
from lectern.entrypoints.here import finish_here, worker_here
from lectern.entrypoints.http.status import status_of

celery_app(lectern().settings).set_default()

from lectern.entrypoints.worker.tasks import process_langgraph_question  # noqa: E402  # needs the app to be the default

__all__ = ["ai_agent", "cancel_task", "get_task_status", "process_langgraph_question"]


class _Agent:
    """The guide's `ai_agent`."""

    def answer_with_langgraph(
        self,
        student_id: str,
        question: str,
        context: Mapping[str, Any] | None = None,
        thread_id: str | None = None,
    ) -> dict[str, Any]:
        """Answer a question in the calling process, without a worker, and return the guide's `result`.

        Blocks until it is answered. Raises what `ask` raises, and `RunFailed`.
        """
        with worker_here(Queues.LANGGRAPH) as worker:
            run = finish_here(submit(student_id, question, context, thread_id), worker)
        if run.status is not RunStatus.SUCCEEDED:
            raise RunFailed(run.error, run_id=str(run.id))
        return dict(run.result or {})


ai_agent = _Agent()


def cancel_task(task_id: str) -> dict[str, Any]:
    """Do what `POST /api/ai/tasks/<task_id>/cancel/` does, and return its body. Raises `UnknownRun`."""
    return status_of(lectern().cancel(_run_id(task_id)).id, lectern())[1]


def get_task_status(task_id: str) -> dict[str, Any]:
    """Return the body of `GET /api/ai/tasks/<task_id>/status/`. Raises `UnknownRun`."""
    return status_of(_run_id(task_id), lectern())[1]


def _run_id(task_id: str) -> UUID:
    run_id = parse_id(task_id)
    if run_id is None:
        raise UnknownRun(f"There is no task {task_id!r}.", run_id=task_id)
    return run_id
