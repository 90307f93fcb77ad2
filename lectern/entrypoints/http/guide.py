"""The guide's words for a run, and its JSON shapes. Plain data: used by the views, the shell and `lectern/guide.py`."""

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from lectern.engine.cancelling import CANCELLED
from lectern.engine.domain.run import RunStatus
from lectern.engine.domain.standing import Standing

#: The guide's status words.
WORDS: Mapping[RunStatus, str] = {
    RunStatus.QUEUED: "PENDING",
    RunStatus.RUNNING: "PROCESSING",
    RunStatus.RETRYING: "PROCESSING",
    RunStatus.SUCCEEDED: "SUCCESS",
    RunStatus.FAILED: "FAILURE",
    RunStatus.CANCELLED: "REVOKED",
}

SUBMITTED = "Question submitted for processing"


def submitted_body(run_id: UUID) -> dict[str, Any]:
    """Return the answer to an accepted question, exactly the guide's."""
    return {"task_id": str(run_id), "status": WORDS[RunStatus.QUEUED], "message": SUBMITTED}


def status_body(run: Standing, result_expires: float) -> tuple[int, dict[str, Any]]:
    """Return HTTP status and body that tell how a run stands.

    `result_expires` is in seconds. A run that ended longer ago is answered with 410, and with no word of the guide's:
    SUCCESS without a result would be a lie.
    """
    status, body, result = _told(run, result_expires)
    return status, body | {"result": json.loads(result)} if result else body


def status_json(run: Standing, result_expires: float) -> tuple[int, bytes]:
    """Return what `status_body` does, its body as JSON; the result passes through as it is stored."""
    status, body, result = _told(run, result_expires)
    text = _encode(body)
    return status, (f'{text[:-1]},"result":{result}}}' if result else text).encode()


_encode = json.JSONEncoder(separators=(",", ":")).encode


def _told(run: Standing, result_expires: float) -> tuple[int, dict[str, Any], str]:
    """Return HTTP status, the body without its result, and the result as JSON, "" for none."""
    known: dict[str, Any] = {
        "created_at": run.created_at.isoformat(),
        "attempt": run.attempt,
        "thread_id": run.thread_key,
    }
    if run.retry_of:
        known["retry_of"] = run.retry_of
    head: dict[str, Any] = {"task_id": str(run.id)}
    if run.ended_for is not None and run.ended_for > result_expires:
        return 410, head | {"ready": True, "error": _gone(result_expires), "code": "expired"} | known, ""
    head |= {"status": WORDS[run.status], "ready": run.ended}
    if run.status is RunStatus.SUCCEEDED:
        return 200, head | known, run.result_json or "null"
    return 200, head | _detail(run) | known, ""


def _detail(run: Standing) -> dict[str, Any]:
    """Return what a status word without a result comes with."""
    match run.status:
        case RunStatus.FAILED:
            return {"error": run.error or "The task failed."}
        case RunStatus.CANCELLED:
            return {"error": CANCELLED}
        case RunStatus.QUEUED if run.position is not None:
            return {"info": {"step": run.step, "position": run.position}}
        case _:
            return {"info": {"step": run.step}}


def _gone(seconds: float) -> str:
    return f"This result was kept for {seconds:.0f} seconds and is gone; its conversation still holds the answer."
