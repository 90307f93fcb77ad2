"""Celery's tasks. `CELERY_TASK_ROUTES` names the queue of each; a run's message carries the run's id and nothing else."""

from typing import Any
from uuid import UUID

from celery import Task, shared_task
from celery.exceptions import Ignore
from celery.result import AsyncResult

from lectern.bootstrap import TASKS, lectern
from lectern.engine.domain.queues import Queues
from lectern.entrypoints.asking import ask
from lectern.entrypoints.worker.lifecycle import this_worker


class QuestionTask(Task):  # type: ignore[misc]  # Celery has no types
    """`delay` and `apply_async` submit a run: a message alone would be a question that nothing remembers."""

    def apply_async(self, args: Any = None, kwargs: Any = None, **options: Any) -> AsyncResult:
        """Submit a question and return its run as a Celery result; options of Celery have no say in it."""
        return lectern().result(ask(*(args or ()), **(kwargs or {})).id)


@shared_task(name=TASKS[Queues.LANGGRAPH], base=QuestionTask)
def process_langgraph_question(run_id: str) -> dict[str, str]:
    """Execute a delivered run. Its arguments for callers are those of `ask`: see `QuestionTask`."""
    return _execute(run_id)


@shared_task(name=TASKS[Queues.EMBEDDINGS])
def process_embeddings_batch(run_id: str) -> dict[str, str]:
    """Execute a delivered batch of an indexing job."""
    return _execute(run_id)


@shared_task(name="lectern.forget", ignore_result=True)
def forget() -> None:
    """Clear expired results and old rows; beat's."""
    lectern().forget()


def _execute(run_id: str) -> dict[str, str]:
    run = this_worker().run(UUID(run_id))
    if run is None:
        raise Ignore  # somebody else's, or ended: this delivery has nothing to say
    return {"run_id": run_id, "status": run.status.value}
