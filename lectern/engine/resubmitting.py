"""Resubmit: a run that failed is asked once more, as a new run. Its own row and its sentence stay as they are."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from uuid import UUID

from lectern.base.log import logger
from lectern.engine.domain.run import Run
from lectern.engine.errors import StoreRefuses
from lectern.engine.ports import FailedRuns, RunStore
from lectern.engine.submitting import RunRequest, submit
from lectern.engine.workload import Workload

log = logger(__name__)

#: Key of a run's metadata that names the run it repeats.
RETRY_OF = "retry_of"

_AT_ONCE = 200


@dataclass(frozen=True, kw_only=True)
class Failures:
    """Which failed runs are meant: every value that is given must fit."""

    since: datetime | None = None
    error_code: str = ""
    tenant: str = ""


def failures(which: Failures, failed: FailedRuns, runs: RunStore) -> Iterator[Run]:
    """Yield the failed runs that can be resubmitted and were not, oldest first.

    Runs of a group are left out: they are parts of one order, which is given anew as a whole.
    """
    page = failed.failed(which.since, which.error_code, which.tenant, None, _AT_ONCE)
    while page:
        yield from (run for run in page if runs.get(resubmitted_id(run.id)) is None)
        page = failed.failed(which.since, which.error_code, which.tenant, page[-1].id, _AT_ONCE)


def resubmit(run: Run, workloads: Mapping[str, Workload], runs: RunStore) -> Run | None:
    """Insert a new run with a failed one's input, in its thread; None when that was done before, by whoever.

    The new run's id is made of the old one's, so the second of two that do this at once meets a row that is there.
    """
    new_id = resubmitted_id(run.id)
    request = RunRequest(
        workload=run.workload,
        input=run.input,
        owner=run.owner,
        tenant=run.tenant,
        thread_key=run.thread_key,
        in_thread=run.thread_id is not None,
        metadata={**run.metadata, RETRY_OF: str(run.id)},
    )
    try:
        added = submit(request, workloads[run.workload], runs, new_id)
    except StoreRefuses:
        if runs.get(new_id) is None:
            raise
        return None
    log.info("resubmit", **added.log_context(), retry_of=str(run.id))
    return added


def resubmitted_id(run_id: UUID) -> UUID:
    """Return the id of the run that repeats `run_id`: a UUID4 in form, the same at every call."""
    return UUID(bytes=sha256(b"resubmit" + run_id.bytes).digest()[:16], version=4)
