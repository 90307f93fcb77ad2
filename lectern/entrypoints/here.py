"""Execute runs in the calling process, for commands and Python callers that must not depend on a worker."""

import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from lectern.bootstrap import lectern
from lectern.engine.domain.run import Run

if TYPE_CHECKING:
    from lectern.engine.working import WorkerProcess  # at run time it loads LangGraph: two seconds

_LOOK_SECONDS = 0.2


@contextmanager
def worker_here(queue: str) -> Iterator["WorkerProcess"]:
    """Make this process a worker with one slot for a while: its runs have a lease like any other's."""
    name = f"here-{os.getpid()}@{socket.gethostname()}"
    # It offers no slot to the dispatch: nothing consumes a queue here.
    worker = lectern().worker(name, {queue: 0}, sweeps=False)
    worker.start()
    try:
        yield worker
    finally:
        worker.stop()


def finish_here(run: Run, worker: "WorkerProcess") -> Run:
    """Return the run when it has ended: executed here, or by whichever worker was faster.

    Runs of its thread that must end before it are executed here too: there may be no worker that does.
    """
    engine = lectern().engine
    while not run.ended:
        if worker.run(run.id) is None and not run_earlier(run, worker):
            time.sleep(_LOOK_SECONDS)
            engine.take_back()
        run = engine.get(run.id)
    return run


def run_earlier(run: Run, worker: "WorkerProcess") -> bool:
    """Execute the first run that `run` waits for; False when there is none, or somebody else has it."""
    earlier = lectern().engine.conversations.unfinished_before(run)
    return bool(earlier) and worker.run(earlier[0]) is not None
