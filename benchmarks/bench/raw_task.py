"""The reference for what a run costs above a message: a task of Celery's own that does nothing."""

from celery import shared_task


@shared_task(name="benchmarks.raw")
def raw() -> str:
    """Answer."""
    return "done"
