"""What `celery_monitor` reports: asked of the broker, the workers and the database, each of which may be away."""

from collections.abc import Sequence
from typing import Any

from lectern.base.errors import LecternError
from lectern.bootstrap import lectern
from lectern.engine.domain.run import RunStatus
from lectern.engine.errors import BrokerUnavailable

_NO_WORKER = "No worker answers. Start one: celery -A config.celery worker --queues=langgraph,embeddings"


def report(parts: Sequence[str], timeout: float) -> dict[str, Any]:
    """Return the wanted `parts`, always with "queues" and "runs"; each is a list of mappings of column to value.

    The keys are the same whatever is away: what nobody answered is an empty list, and its key is in `left_out`. `notes`
    holds sentences about what is missing, `error` one when no broker or no worker answers. `timeout` in seconds.
    """
    answer: dict[str, Any] = {"error": "", "notes": [], "left_out": []}
    answer |= {part: [] for part in (*parts, "queues", "runs")}
    try:
        tables = lectern().cluster(timeout)
    except BrokerUnavailable as exc:
        answer["error"] = str(exc)
    else:
        answer["error"] = "" if tables["stats"] else _NO_WORKER
        answer |= {name: rows for name, rows in tables.items() if name in answer}
    if answer["error"]:
        answer["left_out"] = [
            part for part in ("active", "stats", "queues") if part in answer and not answer[part]
        ]
    if "scheduled" in parts:
        answer["scheduled"] = [*answer["scheduled"], *lectern().beat_schedule()]
    return answer | _runs(parts, answer["notes"], answer["left_out"])


def _runs(parts: Sequence[str], notes: list[str], left_out: list[str]) -> dict[str, Any]:
    try:
        counts = lectern().engine.counts()
    except LecternError as exc:
        notes.append(f"Runs by status are left out: {exc}")
        left_out.append("runs")
        return {}
    retrying = sum(number for (_, status), number in counts.items() if status is RunStatus.RETRYING)
    if "scheduled" in parts and retrying:
        notes.append(f"{retrying} of the runs wait for another attempt.")
    return {
        "runs": [{"queue": queue, "status": status.value, "runs": n} for (queue, status), n in counts.items()]
    }
