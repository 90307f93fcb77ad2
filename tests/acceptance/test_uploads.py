"""What was accepted over HTTP gets into its course, whoever is killed, and no file harms the service."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import httpx
import pytest

from tests.playground import Playground, free_port, playground, until
from tests.unit.tutor.ingest.test_hostile_files import HOSTILE

pytestmark = pytest.mark.timeout(300)

FILES = 90


@pytest.fixture
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Playground]:
    # A short folder: the path of a Unix socket has at most 107 bytes.
    with playground(tmp_path_factory.mktemp("p"), "tests.integration.held_settings") as place:
        place.valkey()
        yield place


def _status(client: httpx.Client, task: str) -> dict[str, Any]:
    body: dict[str, Any] = client.get(f"/api/ai/tasks/{task}/status/").json()
    return body


def _vectors(place: Playground) -> int:
    with closing(sqlite3.connect(place.var / "passages.sqlite3")) as database:
        if not database.execute("SELECT 1 FROM sqlite_master WHERE name = 'vector'").fetchone():
            return 0  # nobody has opened it yet
        (count,) = database.execute("SELECT count(*) FROM vector").fetchone()
    return int(count)


def test_an_accepted_upload_gets_in_though_web_and_workers_are_killed(place: Playground) -> None:
    files = [
        (
            "files",
            (
                f"{number}.md",
                f"# Lesson {number}\n\nThe {number} leaves fell into a cup of hot water.\n\n"
                f"## Later\n\nThen {number} birds sang.\n",
            ),
        )
        for number in range(FILES)
    ]
    with httpx.Client(base_url=place.web(free_port()), timeout=60) as client:
        answer = client.post("/api/ai/courses/tea/documents/", files=files)
    assert answer.status_code == 202, answer.text
    place.processes[-1].kill()

    worker = place.worker()
    until("some batches are embedded, not all", lambda: _vectors(place))
    worker.kill()
    (place.var / "let").touch()
    before = _vectors(place)

    place.worker()
    with httpx.Client(base_url=place.web(free_port()), timeout=60) as client:
        task = answer.json()["task_id"]
        until("the upload is in", lambda: _status(client, task)["ready"], 120)
        status = _status(client, task)
        assert (status["status"], status["result"]["problems"]) == ("SUCCESS", []), status
        assert status["attempt"] == 2
        documents = client.get("/api/ai/courses/tea/documents/").json()["documents"]
        course = client.get("/api/ai/courses/tea/").json()
    assert len(documents) == FILES
    assert (course["state"], course["passages"]) == ("ready", status["result"]["passages"])
    assert 0 < before < status["result"]["passages"]
    assert _vectors(place) == status["result"]["passages"]
    assert list((place.var / "uploads").iterdir()) == []


def test_hostile_files_sent_at_once_get_a_sentence_each_and_harm_nobody(place: Playground) -> None:
    files = [("files", (name, make())) for name, (make, _sentence) in HOSTILE.items()]
    files.append(("files", ("lesson.md", b"# Tea\n\nTea is a drink that people brew from leaves.\n")))
    (place.var / "let").touch()
    worker = place.worker()
    with httpx.Client(base_url=place.web(free_port()), timeout=60) as client:
        answer = client.post("/api/ai/courses/tea/documents/", files=files)
        task = answer.json()["task_id"]
        until("the upload is read", lambda: _status(client, task)["ready"], 200)
        problems = {one["document"]: one["reason"] for one in _status(client, task)["result"]["problems"]}
        assert problems.keys() == HOSTILE.keys()
        for name, (_make, sentence) in HOSTILE.items():
            assert sentence in problems[name]
        assert client.get("/health/ready").status_code == 200
        asked = {"student_id": "anna", "question": "What is tea?", "context": {"course_id": "tea"}}
        assert client.post("/api/ai/ask/", json=asked).json()["status"] == "SUCCESS"
    assert worker.poll() is None
