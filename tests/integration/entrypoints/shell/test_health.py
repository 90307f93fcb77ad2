"""GET /health/live and /health/ready."""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any
from uuid import uuid4

import pytest

from lectern.bootstrap import celery_app
from lectern.databases import rows_are_in_postgres
from lectern.entrypoints.shell import health
from lectern.tutor.errors import IndexUnavailable
from tests.web_house import WebHouse


@pytest.fixture
def ready_house(house: WebHouse, monkeypatch: pytest.MonkeyPatch) -> WebHouse:
    """One worker, and a broker that answers."""
    monkeypatch.setattr(health, "LIMIT_SECONDS", 60)
    monkeypatch.setitem(health._LOOKS, "broker", lambda here: "Reachable")  # type: ignore[index]
    house.lectern.engine.workers.register(worker_id=uuid4(), name="w", pid=1, slots={"langgraph": 4})
    return house


def _ready(house: WebHouse) -> tuple[int, dict[str, Any]]:
    answer = house.http.get("/health/ready")
    return answer.status_code, answer.json()


def test_live_touches_nothing(house: WebHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(house, "lectern", None)
    assert house.http.get("/health/live").json() == {"live": True}


def test_ready_when_a_question_can_be_answered(ready_house: WebHouse) -> None:
    status, body = _ready(ready_house)
    assert status == 200, body
    assert body["ready"] is True
    assert set(body["parts"]) == {"sql", "worker", "passages", "broker"}
    assert body["parts"]["worker"]["says"] == "4 slots in 1 process"


def test_without_a_worker_questions_would_only_wait(house: WebHouse) -> None:
    house.lectern.engine.workers.register(worker_id=uuid4(), name="w", pid=1, slots={"embeddings": 4})
    status, body = _ready(house)
    assert status == 503
    assert body["ready"] is False
    assert body["parts"]["worker"]["ok"] is False


@pytest.mark.parametrize("refuses", [False, True], ids=["away", "refuses"])
def test_without_a_broker_questions_are_accepted(
    ready_house: WebHouse, monkeypatch: pytest.MonkeyPatch, refuses: bool
) -> None:
    monkeypatch.setitem(health._LOOKS, "broker", health._broker)  # type: ignore[index]
    app = celery_app(ready_house.settings)
    with _refusing() if refuses else nullcontext(1) as port:
        monkeypatch.setattr(app.conf, "broker_write_url", f"redis://127.0.0.1:{port}/0")
        status, body = _ready(ready_house)
    assert status == 200
    assert body["parts"]["broker"]["ok"] is False
    assert body["parts"]["broker"]["says"].startswith("The broker cannot be used right now.")
    assert "127.0.0.1" not in str(body)


class _Refusal(socketserver.StreamRequestHandler):
    """A Redis whose disk is full."""

    def handle(self) -> None:
        while self.rfile.readline():
            self.wfile.write(b"-MISCONF Errors writing to the AOF file: No space left on device\r\n")


@contextmanager
def _refusing() -> Iterator[int]:
    with socketserver.TCPServer(("127.0.0.1", 0), _Refusal) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


def test_with_a_full_disk_no_question_is_accepted(
    ready_house: WebHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "LEAST_FREE_BYTES", 10**18)
    status, body = _ready(ready_house)
    if rows_are_in_postgres():  # its disk is not this one
        assert status == 200
        return
    assert status == 503
    assert body["parts"]["sql"]["says"] == "The disk is full, so no question is accepted; make room"


def test_without_passages_nothing_can_be_answered(
    ready_house: WebHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(course_key: int) -> Any:
        raise IndexUnavailable("/var/lib/secret-place cannot be read.")

    monkeypatch.setattr(ready_house.lectern.tutor.indexing.index, "stats", away)
    status, body = _ready(ready_house)
    assert status == 503
    assert body["parts"]["passages"]["ok"] is False
    assert "secret-place" not in str(body)


def test_a_database_without_its_tables_is_not_ready(
    ready_house: WebHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health._Migrated, "seen", False)
    monkeypatch.setattr(health, "is_migrated", lambda: False)
    status, body = _ready(ready_house)
    assert status == 503
    assert body["parts"]["sql"]["says"] == "Run manage.py migrate"


def test_a_part_that_hangs_is_told_in_time_and_takes_one_thread(
    ready_house: WebHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate, looks = threading.Event(), []

    def hang(here: Any) -> str:
        looks.append(here)
        gate.wait(60)
        return "Readable"

    monkeypatch.setattr(health, "LIMIT_SECONDS", 0.05)
    monkeypatch.setitem(health._LOOKS, "passages", hang)  # type: ignore[index]
    with ready_house.serving():
        for _ in range(3):
            status, body = _ready(ready_house)
            assert status == 503
            assert body["parts"]["passages"]["says"].startswith("No answer within")
        assert len(looks) == 1
        gate.set()
