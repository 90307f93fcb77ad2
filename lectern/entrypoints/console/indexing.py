"""Wait until batches of an indexing job are done, or do them here when no worker does."""

import time
from collections.abc import Sequence
from contextlib import ExitStack
from functools import partial

from lectern.bootstrap import lectern
from lectern.engine.domain.queues import Queues
from lectern.engine.domain.run import Run
from lectern.entrypoints.console.progress import progress, say
from lectern.entrypoints.here import finish_here, worker_here

_LOOK_SECONDS = 0.1
#: A batch that no worker takes for this long is done here, though workers live: their broker may be away.
_PATIENCE_SECONDS = 10.0


def finish(batches: Sequence[Run], doing: str = "Embedding") -> None:
    """Return when all `batches` have ended, first to last; `doing` is what a person who waits is told.

    Live workers do them. This process takes over where none is left or none takes the next one, and goes on with the
    rest: a batch is claimed once, so a worker that comes back does no harm.
    """
    waiting = [run for run in batches if not run.ended]
    if not waiting:
        return
    with (
        progress(doing, "batches", len(waiting), partial(_told, waiting)) as step,
        ExitStack() as until_the_end,
    ):
        here = None
        for run in waiting:
            if here is None and not _ended_by_workers(run):
                here = until_the_end.enter_context(worker_here(Queues.EMBEDDINGS))
            if here is not None:
                finish_here(run, here)
            step()


def _told(batches: Sequence[Run]) -> str:
    """Return how far the embedding of their job is, in the words that HTTP has for it; "" once it has ended."""
    job_id = batches[-1].group_id
    embedding = lectern().tutor.embedding(job_id) if job_id else None
    return str(embedding or "")


def finish_earlier(course_id: str) -> None:
    """Finish what an ingest left that was killed: jobs of a course must not overlap."""
    for job in lectern().tutor.unfinished_jobs(course_id):
        say("An earlier ingest of this course has not ended: its batches come first.")
        finish(lectern().tutor.batches(job))


def _ended_by_workers(run: Run) -> bool:
    """Return True when a worker has ended the run, False when nobody will."""
    here, last_held, woken = lectern(), time.monotonic(), False
    while not (now := here.engine.get(run.id)).ended:
        if not _workers():
            return False
        if not woken:
            here.wake(run.queue)
            woken = True
        if now.token:
            last_held = time.monotonic()
        elif time.monotonic() - last_held > _PATIENCE_SECONDS:
            return False
        time.sleep(_LOOK_SECONDS)
    return True


def _workers() -> bool:
    """Return True when somebody takes messages; another command that embeds for itself offers no slot."""
    return any(worker.slots[Queues.EMBEDDINGS] for worker in lectern().engine.live_workers(Queues.EMBEDDINGS))
