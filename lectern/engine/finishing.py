"""Finish: the end of an attempt, written under its token. Who lost the token writes nothing."""

import random
from datetime import timedelta

from lectern.base.json import JsonObject
from lectern.base.log import logger
from lectern.engine.domain.run import Run, RunStatus
from lectern.engine.errors import LeaseLost
from lectern.engine.options import EngineOptions
from lectern.engine.ports import RunStore

log = logger(__name__)

_RUNNING = (RunStatus.RUNNING,)


def succeed(run: Run, result: JsonObject, runs: RunStore) -> Run:
    """End a run with its result. Raises `LeaseLost`."""
    return _move(run, RunStatus.SUCCEEDED, runs, result=result, step="Done", error="", error_code="")


def fail(run: Run, error: str, error_code: str, runs: RunStore) -> Run:
    """End a run without a result; `error` is a sentence for the one who asked. Raises `LeaseLost`."""
    return _move(run, RunStatus.FAILED, runs, error=error, error_code=error_code)


def retry_later(
    run: Run, error: str, runs: RunStore, options: EngineOptions, *, retry_after: float | None = None
) -> Run:
    """Let a run wait for another attempt, or fail it when none is left. Raises `LeaseLost`.

    The pause doubles with each attempt up to a cap, and is shortened by up to a half so that runs that failed
    together do not come back together. It is not shorter than `retry_after` seconds, where somebody asked for these.
    """
    if not run.attempts_left:
        return fail(run, f"{error} It was tried {run.attempt} times.", "attempts", runs)
    pause = min(options.backoff_cap_seconds, options.backoff_seconds * 2 ** (run.attempt - 1))
    pause *= random.uniform(0.5, 1)
    if retry_after is not None:
        pause = max(pause, retry_after * random.uniform(1, 1.1))
    step = f"Attempt {run.attempt + 1} of {run.max_attempts} in {pause:.0f} s: {error}"
    not_before = runs.now() + timedelta(seconds=pause)
    return _move(
        run, RunStatus.RETRYING, runs, not_before=not_before, step=step[:300], error=error, error_code="again"
    )


def give_back(run: Run, why: str, runs: RunStore) -> Run:
    """Return a run to the queue for another worker, or fail it when it has no attempt left. Raises `LeaseLost`."""
    if not run.attempts_left:
        return fail(run, f"Its worker was lost {run.attempt} times.", "attempts", runs)
    return _move(run, RunStatus.QUEUED, runs, step=why)


def _move(run: Run, to: RunStatus, runs: RunStore, **changes: object) -> Run:
    moved = runs.move(run.id, to, only_from=_RUNNING, token=run.token, **changes)
    if moved is None:
        raise LeaseLost(f"Run {run.id} is no longer held by attempt {run.attempt}.", run_id=str(run.id))
    log.info("finish", **run.log_context(), status=to.value, error_code=moved.error_code)
    return moved
