"""POST /api/ai/ask/."""

import asyncio
import json
from threading import Thread
from typing import Any

import pytest

from lectern.engine.errors import StoreUnavailable
from lectern.entrypoints.http.responses import TaskStatus
from tests.engine_house import claim, succeed
from tests.web_house import ASKED, RESULT, WebHouse

URL = "/api/ai/ask/"


def _answering(house: WebHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a worker's part done as soon as somebody looks at a run for the second time."""
    runs, looks = house.lectern.engine.runs, 0
    store = house.lectern.engine.standings
    read = store.standings

    def look(run_ids: Any) -> Any:
        nonlocal looks
        looks += 1
        if looks == 2:
            (run_id,) = run_ids
            run = claim(run_id, run_id, "Executing LangGraph workflow", runs)
            assert run is not None
            succeed(run, RESULT, runs)
        return read(run_ids)

    monkeypatch.setattr(store, "standings", look)


def test_an_answer_that_comes_in_time_is_the_answer(house: WebHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    house.course()
    _answering(house, monkeypatch)
    answer = house.http.post(URL, json=ASKED)
    assert answer.status_code == 200
    body = TaskStatus.model_validate(answer.json())
    assert (body.status, body.result) == ("SUCCESS", RESULT)
    assert house.pokes.count == 1


def test_when_time_is_up_the_run_goes_on_and_its_status_is_told(
    transactional_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = WebHouse(monkeypatch, sync_ask_seconds=0.1)
    house.course()
    answer = house.http.post(URL, json=ASKED)
    assert answer.status_code == 202
    body = TaskStatus.model_validate(answer.json())
    assert (body.status, body.info.position) == ("PENDING", 1)
    assert house.http.get(f"/api/ai/tasks/{body.task_id}/status/").status_code == 200


def test_a_cancelled_run_ends_the_waiting(house: WebHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    house.course()
    engine, store = house.lectern.engine, house.lectern.engine.standings
    read = store.standings
    monkeypatch.setattr(store, "standings", lambda ids: list(map(engine.cancel, ids)) and read(ids))
    answer = house.http.post(URL, json=ASKED)
    assert (answer.status_code, answer.json()["status"]) == (200, "REVOKED")


def test_what_is_refused_is_refused_as_by_the_other_door(house: WebHouse) -> None:
    house.course()
    for body in ("{}", "[", json.dumps({**ASKED, "context": {"course_id": "nobody"}})):
        here, there = (
            house.http.post(url, content=body, headers={"Content-Type": "application/json"})
            for url in (URL, "/api/ai/ask-async/")
        )
        assert (here.status_code, here.json()) == (there.status_code, there.json())


def test_a_database_that_goes_away_meanwhile_loses_no_id(
    transactional_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = WebHouse(monkeypatch, sync_ask_seconds=0.5)
    house.course()
    store, looks = house.lectern.engine.standings, 0
    read = store.standings

    def look(run_ids: Any) -> Any:
        nonlocal looks
        looks += 1
        if looks > 1:  # the first is the view's
            raise StoreUnavailable("The database does not answer.")
        return read(run_ids)

    monkeypatch.setattr(store, "standings", look)
    answer = house.http.post(URL, json=ASKED)
    assert answer.status_code == 202
    assert answer.json()["task_id"]
    assert looks > 1


def test_a_client_that_goes_away_ends_the_waiting_but_not_the_run(house: WebHouse) -> None:
    house.course()
    body = json.dumps(ASKED).encode()
    messages = [{"type": "http.request", "body": body}, {"type": "http.disconnect"}]
    scope = {
        "type": "http", "method": "POST", "path": URL, "query_string": b"", "http_version": "1.1",
        "headers": [(b"host", b"localhost"), (b"content-type", b"application/json")],
    }  # fmt: skip

    async def receive() -> Any:
        return messages.pop(0)

    async def send(message: Any) -> None:
        pass

    # In a thread, as a loop in this one would forbid the ORM below.
    visit = Thread(target=lambda: asyncio.run(house.shell(scope, receive, send)))  # type: ignore[arg-type]
    visit.start()
    visit.join(60)
    assert not visit.is_alive(), "it waits for nobody"
    (run,) = house.lectern.engine.recent("anna", None, 1)
    assert not run.ended
