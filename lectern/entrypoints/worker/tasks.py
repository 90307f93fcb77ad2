"""Celery's tasks. `CELERY_TASK_ROUTES` names the queue of each; a run's message carries the run's id and nothing else."""

from typing import Any
from uuid import UUID

from celery import Task, shared_task
from celery.exceptions import Ignore
from celery.result import AsyncResult

from lectern.base.log import logger
from lectern.bootstrap import TASKS, lectern
from lectern.engine.domain.queues import Queues
from lectern.engine.domain.run import Run
from lectern.entrypoints.asking import ask
from lectern.entrypoints.worker.lifecycle import this_worker
from lectern.tutor.errors import ConceptsUnavailable, IndexUnavailable

log = logger(__name__)


class RunTask(Task):  # type: ignore[misc]  # Celery has no types
    """Executes the run that was delivered: as a coroutine on the worker's loop, or in pools that have none by `run`."""

    #: Whose messages it takes.
    source: Queues

    async def coroutine(self, run_id: str) -> dict[str, str]:
        """Execute a delivered run, without a thread that waits for it."""
        return _outcome(await this_worker().execute(UUID(run_id), self.source))


class QuestionTask(RunTask):
    """`delay` and `apply_async` submit a run: a message alone would be a question that nothing remembers."""

    source = Queues.LANGGRAPH

    def apply_async(self, args: Any = None, kwargs: Any = None, **options: Any) -> AsyncResult:
        """Submit a question and return its run as a Celery result; options of Celery have no say in it."""
        return lectern().result(ask(*(args or ()), **(kwargs or {})).id)


class BatchTask(RunTask):
    """A batch of an indexing job."""

    source = Queues.EMBEDDINGS


@shared_task(name=TASKS[Queues.LANGGRAPH], base=QuestionTask)
def process_langgraph_question(run_id: str) -> dict[str, str]:
    """Execute a delivered run. Its arguments for callers are those of `ask`: see `QuestionTask`."""
    return _outcome(this_worker().run(UUID(run_id), Queues.LANGGRAPH))


@shared_task(name=TASKS[Queues.EMBEDDINGS], base=BatchTask)
def process_embeddings_batch(run_id: str) -> dict[str, str]:
    """Execute a delivered batch of an indexing job."""
    return _outcome(this_worker().run(UUID(run_id), Queues.EMBEDDINGS))


@shared_task(name="lectern.forget", ignore_result=True)
def forget() -> None:
    """Clear expired results and old rows; beat's."""
    lectern().forget()


@shared_task(name="lectern.tend_concepts", ignore_result=True)
def tend_concepts() -> None:
    """Make up for what could not be done while Neo4j was away, or was done where concepts moved from; beat's."""
    try:
        lectern().curator.tend_concepts()
    except ConceptsUnavailable as exc:  # it still is
        log.warning("tend_concepts", error=str(exc))


@shared_task(name="lectern.tend_passages", ignore_result=True)
def tend_passages() -> None:
    """Give Weaviate what was published while it was away; beat's."""
    try:
        lectern().tend_passages()
    except IndexUnavailable as exc:  # it still is
        log.warning("tend_passages", error=str(exc))


def _outcome(run: Run | None) -> dict[str, str]:
    if run is None:
        raise Ignore  # somebody else's, or ended: this delivery has nothing to say
    return {"run_id": str(run.id), "status": run.status.value}
