"""`celery_monitor` with a real worker and a real Valkey, and with each of them away."""

import json
import os
import signal
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.playground import Playground, playground, until

pytestmark = pytest.mark.timeout(180)

KEYS = ["error", "notes", "left_out", "active", "stats", "scheduled", "queues", "runs"]


@pytest.fixture
def slow_place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Playground]:
    with playground(tmp_path_factory.mktemp("p"), "tests.integration.slow_settings") as place:
        yield place


def _submit_slow_runs(place: Playground, runs: int) -> None:
    place.python(
        f"""
from lectern.bootstrap import lectern
from lectern.engine.submitting import RunRequest
engine = lectern().engine
asked = {{"seconds": 60, "ledger": {str(place.var / "ledger")!r}}}
for _ in range({runs}):
    engine.submit(RunRequest(workload="slow", input=asked, in_thread=False))
engine.dispatch("langgraph")
"""
    )


def _shown_of_a_worker(place: Playground) -> str:
    """Return what is shown as soon as a worker answers in time."""

    def shown() -> str:
        ended = place.manage("celery_monitor", "--stats", "--timeout", "0.7")
        return "" if ended.returncode else ended.stdout

    told: str = until("a worker answers", shown)
    return told


def test_a_busy_worker_is_shown_with_what_it_does_and_what_waits(slow_place: Playground) -> None:
    slow_place.valkey()
    slow_place.worker("--concurrency=1")
    _submit_slow_runs(slow_place, 3)
    until("a run is executed", lambda: (slow_place.var / "ledger").exists())

    def all_told() -> dict[str, Any] | None:
        ended = slow_place.manage("celery_monitor", "--json", "--timeout", "1")
        report: dict[str, Any] = json.loads(ended.stdout)
        return report if ended.returncode == 0 and report["active"] and report["scheduled"] else None

    report = until("the worker answers all within a second each", all_told)
    assert (list(report), report["error"]) == (KEYS, "")
    (worker,) = report["stats"]
    assert "@" in worker["worker"]
    assert worker["concurrency"] == 1
    (task,) = report["active"]
    assert task["name"] == "lectern.process_langgraph_question"
    assert task["worker"] == worker["worker"]
    assert {"queue": "langgraph", "status": "queued", "runs": 2} in report["runs"]
    assert {"queue": "langgraph", "status": "running", "runs": 1} in report["runs"]
    assert [row["what"] for row in report["scheduled"]] == ["lectern.forget"]

    shown = _shown_of_a_worker(slow_place)
    assert worker["worker"] in shown
    assert "Active tasks" not in shown


def test_no_worker_is_a_sentence_and_the_rest_is_shown(place: Playground) -> None:
    place.valkey()
    ended = place.manage("celery_monitor", "--timeout", "0.5")
    assert ended.returncode == 1
    assert "No worker answers. Start one: celery -A config.celery worker" in ended.stderr
    assert "Messages in the broker" in ended.stdout


@pytest.mark.parametrize("broker", ["absent", "frozen"])
def test_a_broker_that_does_not_answer_is_a_sentence_within_seconds(place: Playground, broker: str) -> None:
    frozen = place.valkey() if broker == "frozen" else None
    if frozen:
        os.kill(frozen.pid, signal.SIGSTOP)
    began = time.monotonic()
    place.manage("help", "celery_monitor")
    start = time.monotonic() - began  # what Python and Django take on this machine
    began = time.monotonic()
    ended = place.manage("celery_monitor", "--json")
    assert time.monotonic() - began < 3 * start + 12  # Celery's own tries take 20
    assert ended.returncode == 1
    report = json.loads(ended.stdout)
    assert list(report) == KEYS
    assert "The broker does not answer" in report["error"]
    assert report["error"] in ended.stderr
    assert "Traceback" not in ended.stderr


def test_without_sql_the_workers_are_shown_and_a_sentence_says_what_is_left_out(place: Playground) -> None:
    place.valkey()
    place.worker()
    for file in place.var.glob("lectern.sqlite3*"):
        file.unlink()
    shown = _shown_of_a_worker(place)
    assert "@" in shown
    assert "Runs by status are left out" in shown
