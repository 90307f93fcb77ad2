"""A run seen as Celery's `AsyncResult`, read from the run's row."""

import time
from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from celery import Celery, states
from celery.exceptions import TaskRevokedError, TimeoutError
from celery.result import AsyncResult

from lectern.engine.domain.run import Run, RunStatus
from lectern.engine.errors import RunFailed

_STATES: Mapping[RunStatus, str] = {
    RunStatus.QUEUED: states.PENDING,
    RunStatus.RUNNING: "PROCESSING",
    RunStatus.RETRYING: "PROCESSING",
    RunStatus.SUCCEEDED: states.SUCCESS,
    RunStatus.FAILED: states.FAILURE,
    RunStatus.CANCELLED: states.REVOKED,
}


class RunResult(AsyncResult):  # type: ignore[misc]  # Celery has no types
    """Works with no result backend at all: a copy that was lost, or not yet made, is not missed."""

    def __init__(
        self, run_id: UUID, app: Celery, read: Callable[[UUID], Run], cancel: Callable[[UUID], Run]
    ) -> None:
        super().__init__(str(run_id), app=app)
        self._run_id, self._read, self._cancel = run_id, read, cancel

    def get(
        self, timeout: float | None = None, propagate: bool = True, interval: float = 0.1, **_: Any
    ) -> Any:
        """Wait for the run's end and return its result; raise what ended it unless `propagate` is False.

        `timeout` and `interval` in seconds. Raises Celery's `TimeoutError`, `TaskRevokedError`, or `RunFailed`.
        """
        until = None if timeout is None else time.monotonic() + timeout
        while not (meta := self._get_task_meta())["ended"]:
            if until is not None and time.monotonic() >= until:
                raise TimeoutError(f"Run {self.id} did not end within {timeout:g} seconds.")
            time.sleep(interval)
        if propagate and isinstance(meta["result"], Exception):
            raise meta["result"]
        return meta["result"]

    wait = get

    def revoke(self, *_: Any, **_options: Any) -> None:
        """Cancel the run, wherever it is. Celery's own revoke reaches live workers only."""
        self._cancel(self._run_id)

    def forget(self) -> None:
        """Do nothing: results expire by themselves, and the row is the truth."""

    def _get_task_meta(self) -> dict[str, Any]:
        run = self._read(self._run_id)
        result: Any = run.result
        if run.status is RunStatus.FAILED:
            result = RunFailed(run.error)
        elif run.status is RunStatus.CANCELLED:
            result = TaskRevokedError(run.error)
        elif run.status is RunStatus.SUCCEEDED and result is None:
            result = RunFailed(f"The result of run {run.id} was kept for a while and is gone.")
        elif not run.ended:
            result = {"step": run.step}
        return {
            "status": _STATES[run.status],
            "result": result,
            "ended": run.ended,
            "date_done": run.finished_at,
        }
