"""Resubmit: a run that ended is asked once more, as a new run. Its own row and its sentence stay as they are."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from uuid import UUID

from lectern.base.log import logger
from lectern.engine.domain.run import Run
from lectern.engine.errors import InputGone, NotEnded, NotRepeatable, StoreRefuses
from lectern.engine.options import EngineOptions
from lectern.engine.ports import Conversations, FailedRuns, RunStore
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


def repeatable(
    run: Run,
    workloads: Mapping[str, Workload],
    conversations: Conversations,
    runs: RunStore,
    options: EngineOptions,
) -> Run:
    """Return an ended run with what it was asked, if it can be asked again. Raises `NotEnded`, `NotRepeatable`, `InputGone`.

    What it was asked is taken from its conversation where retention has cleared its row.
    """
    run_id = str(run.id)
    if not run.ended:
        raise NotEnded(f"Task {run_id} has not ended yet, so it cannot be asked again.", run_id=run_id)
    if run.group_id is not None:
        raise NotRepeatable(
            f"Task {run_id} is a part of a change of a course's material.",
            hint="Give the material again.",
            run_id=run_id,
        )
    if run.workload not in workloads:
        raise NotRepeatable(f"Nothing here runs tasks of the kind of {run_id} any longer.", run_id=run_id)
    asked = run.input or conversations.asked(run.id) or {}
    if not asked and run.expired(runs.now(), options.result_expires_seconds):
        raise InputGone(
            f"What task {run_id} was asked is no longer known.", hint="Ask it as a new one.", run_id=run_id
        )
    return replace(run, input=asked)


def resubmit(
    run: Run, workloads: Mapping[str, Workload], runs: RunStore, options: EngineOptions
) -> Run | None:
    """Insert a new run with an ended one's input, in its thread; None when that was done before, by whoever.

    The new run's id is made of the old one's, so the second of two that do this at once meets a row that is there. So
    one run is asked again once: a second click, or a request that is repeated because its answer got lost, makes no
    second one. Who wants the question asked a third time asks the new run again.
    """
    new_id = resubmitted_id(run.id)
    if runs.get(new_id) is not None:
        return None
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
        added = submit(request, workloads[run.workload], runs, options, new_id)
    except StoreRefuses:
        if runs.get(new_id) is None:
            raise
        return None
    log.info("resubmit", **added.log_context(), retry_of=str(run.id))
    return added


def resubmitted_id(run_id: UUID) -> UUID:
    """Return the id of the run that repeats `run_id`: a UUID4 in form, the same at every call."""
    return UUID(bytes=sha256(b"resubmit" + run_id.bytes).digest()[:16], version=4)
