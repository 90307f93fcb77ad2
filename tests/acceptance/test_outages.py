"""Every dependency may be away: questions are accepted without a broker, and refused politely without SQL."""

import os
import signal
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.playground import Playground, free_port, playground, until

pytestmark = pytest.mark.timeout(300)

COURSE = "tea"


@pytest.fixture
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Playground]:
    with playground(tmp_path_factory.mktemp("p")) as place:
        lesson = place.var / "tea.md"
        lesson.write_text(
            "# Tea\n\nTea is a drink that is made of leaves and hot water. Tea is drunk at four.\n"
        )
        ingested = place.manage("ingest_course", COURSE, str(lesson))
        assert ingested.returncode == 0, ingested.stderr
        yield place


def _ask(client: httpx.Client, student: str = "anna") -> httpx.Response:
    return client.post("/api/ai/ask-async/", json={"student_id": student, "question": "What is tea?"})


def _status(client: httpx.Client, task: str) -> dict[str, Any]:
    body: dict[str, Any] = client.get(f"/api/ai/tasks/{task}/status/").json()
    return body


@pytest.mark.parametrize("broker", ["absent", "frozen"])
def test_questions_are_accepted_without_a_broker_and_answered_when_it_is_back(
    place: Playground, broker: str
) -> None:
    frozen = place.valkey() if broker == "frozen" else None
    if frozen:
        os.kill(frozen.pid, signal.SIGSTOP)
    with httpx.Client(base_url=place.web(free_port()), timeout=60) as client, ThreadPoolExecutor(50) as pool:
        replies = list(pool.map(lambda number: _ask(client, f"student-{number}"), range(50)))
        assert Counter(reply.status_code for reply in replies) == {202: 50}
        tasks = [reply.json()["task_id"] for reply in replies]
        assert _status(client, tasks[0])["status"] == "PENDING"
        if frozen:
            os.kill(frozen.pid, signal.SIGCONT)
        else:
            place.valkey()
        place.worker()
        until("all are answered", lambda: all(_status(client, task)["ready"] for task in tasks), 60)
        assert {_status(client, task)["status"] for task in tasks} == {"SUCCESS"}


def test_without_sql_a_question_is_refused_politely_and_taken_again_later(place: Playground) -> None:
    file, hidden = place.var / "lectern.sqlite3", place.var / "hidden.sqlite3"
    file.rename(hidden)
    file.mkdir()  # nothing can be opened, nor made, in its place
    with httpx.Client(base_url=place.web(free_port()), timeout=60) as client:
        refused = _ask(client)
        assert refused.status_code == 503
        assert "Retry-After" in refused.headers
        assert refused.json()["error"]
        assert client.get("/health/ready").status_code == 503
        file.rmdir()
        hidden.rename(file)
        assert _ask(client).status_code == 202
