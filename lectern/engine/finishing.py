"""Finish: the end of an attempt, written under its token. Who lost the token writes nothing."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from lectern.base.json import JsonObject
from lectern.base.log import logger
from lectern.engine.domain.run import Run, RunStatus
from lectern.engine.errors import LeaseLost
from lectern.engine.ports import RunStore
from lectern.engine.retrying import Failure, RetryPolicy, pause_seconds

log = logger(__name__)

_RUNNING = (RunStatus.RUNNING,)


def succeed(ended: Sequence[tuple[Run, JsonObject]], runs: RunStore) -> list[Run | None]:
    """End runs with their results; None in the place of a run whose claim is gone."""
    given = [(run.id, token_of(run), result) for run, result in ended]
    moved = {(run.id, run.attempt): run for run in runs.succeed(given)}
    for run, _ in ended:
        if (run.id, run.attempt) in moved:
            log.info("finish", **run.log_context(), status=RunStatus.SUCCEEDED.value, error_code="")
    return [moved.get((run.id, run.attempt)) for run, _ in ended]


def fail(run: Run, error: str, error_code: str, runs: RunStore) -> Run:
    """End a run without a result; `error` is a sentence for the one who asked. Raises `LeaseLost`."""
    return _move(run, RunStatus.FAILED, runs, error=error, error_code=error_code)


def retry_later(run: Run, failure: Failure, policy: RetryPolicy, runs: RunStore) -> Run:
    """Let a run wait for another attempt, without a slot. Raises `LeaseLost`.

    It fails at once when no attempt is left, or when its deadline would pass before the next one.
    """
    if not run.attempts_left:
        return fail(run, f"{failure.sentence} It was tried {run.attempt} times.", "attempts", runs)
    pause = pause_seconds(run.attempt, failure, policy)
    not_before = runs.now() + timedelta(seconds=pause)
    if run.deadline and not_before >= run.deadline:
        late = f"Another attempt in {pause:.0f} s would be too late: this may take {run.deadline_seconds:g} seconds in all."
        return fail(run, f"{failure.sentence} {late}", "deadline", runs)
    step = f"Attempt {run.attempt + 1} of {run.max_attempts} in {pause:.0f} s: {failure.sentence}"
    return _move(
        run, RunStatus.RETRYING, runs,
        not_before=not_before, step=step[:300], error=failure.sentence, error_code="again",
    )  # fmt: skip


def give_back(run: Run, why: str, runs: RunStore, *, free: bool = False) -> Run:
    """Return a run to the queue for another worker, or fail it when it has no attempt left. Raises `LeaseLost`.

    `free`: its worker stopped as it was asked to, which costs the run none of its attempts.
    """
    if free:
        return _move(run, RunStatus.QUEUED, runs, step=why, max_attempts=run.max_attempts + 1)
    if not run.attempts_left:
        return fail(run, f"Its worker was lost {run.attempt} times.", "attempts", runs)
    return _move(run, RunStatus.QUEUED, runs, step=why)


def _move(run: Run, to: RunStatus, runs: RunStore, **changes: object) -> Run:
    moved = runs.move(run.id, to, only_from=_RUNNING, token=run.token, **changes)
    if moved is None:
        raise lost(run)
    log.info("finish", **run.log_context(), status=to.value, error_code=moved.error_code)
    return moved


def lost(run: Run) -> LeaseLost:
    """Return the signal that an attempt has no claim any more."""
    return LeaseLost(f"Run {run.id} is no longer held by attempt {run.attempt}.", run_id=str(run.id))


def token_of(run: Run) -> UUID:
    """Return the token of a claimed run's claim."""
    assert run.token is not None, "a claimed run has a token"
    return run.token
