"""GET /api/ai/tasks/<task_id>/status/ by the shell, and by the view that it passes by."""

import json
from typing import Any
from uuid import uuid4

import pytest
from starlette.testclient import TestClient

from lectern.engine.errors import StoreUnavailable
from lectern.entrypoints.shell import app, looking
from tests.web_house import WebHouse

STATES = ("queued", "claimed", "retrying", "finished", "failed", "cancelled", "expired")


@pytest.fixture
def by_the_view(house: WebHouse, monkeypatch: pytest.MonkeyPatch) -> TestClient:
    """A client of a shell that leaves polls to Django."""

    class Passing:
        def __init__(self, django: Any, *_: object) -> None:
            self.django = django

        async def __call__(self, *asgi: Any) -> None:
            await self.django(*asgi)

    monkeypatch.setattr(app, "Poll", Passing)
    return TestClient(house.build_shell(), base_url="http://localhost", raise_server_exceptions=False)


def _same(house: WebHouse, view: TestClient, method: str, path: str, **headers: str) -> int:
    mine, its = (client.request(method, path, headers=headers) for client in (house.http, view))
    kept = (
        "content-type",
        "cache-control",
        "retry-after",
        "allow",
        "access-control-allow-origin",
        "x-frame-options",
    )
    assert mine.status_code == its.status_code
    assert [mine.headers.get(name) for name in kept] == [its.headers.get(name) for name in kept]
    if method != "HEAD":
        assert mine.json() == its.json()
    return mine.status_code


@pytest.mark.parametrize("state", STATES)
def test_a_poll_is_answered_as_the_view_would(house: WebHouse, by_the_view: TestClient, state: str) -> None:
    run = getattr(house, f"{state}_run")()
    path = f"/api/ai/tasks/{run.id}/status/"
    for origin in ("http://localhost:3000", "https://elsewhere.example"):
        status = _same(house, by_the_view, "GET", path, Origin=origin)
        assert status == (410 if state == "expired" else 200)


def test_what_is_no_poll_is_refused_as_by_the_view(house: WebHouse, by_the_view: TestClient) -> None:
    path = f"/api/ai/tasks/{house.queued_run().id}/status/"
    told = {
        method: _same(house, by_the_view, method, path)
        for method in ("HEAD", "POST", "PUT", "DELETE", "PATCH")
    }
    assert set(told.values()) == {405}
    for task_id in (uuid4(), "abc", str(uuid4()).upper(), uuid4().hex, "a%0Ab"):
        assert _same(house, by_the_view, "GET", f"/api/ai/tasks/{task_id}/status/") == 404
    assert _same(house, by_the_view, "GET", path.rstrip("/")) == 200
    assert _same(house, by_the_view, "GET", path.upper()) == 404


def test_a_database_that_is_away_is_told_as_by_the_view(
    house: WebHouse, by_the_view: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(run_ids: object) -> Any:
        raise StoreUnavailable("The database does not answer.")

    monkeypatch.setattr(house.lectern.engine.standings, "standings", away)
    assert _same(house, by_the_view, "GET", f"/api/ai/tasks/{uuid4()}/status/") == 503


def test_a_database_that_says_nothing_holds_no_poll_for_long(
    house: WebHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    from threading import Event

    silent = Event()
    monkeypatch.setattr(looking, "PATIENCE_SECONDS", 0.05)
    monkeypatch.setattr(house.lectern.engine.standings, "standings", lambda run_ids: silent.wait(60) and {})
    answer = house.http.get(f"/api/ai/tasks/{uuid4()}/status/")
    silent.set()
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "1"
    assert json.loads(answer.text)["code"] == "too_busy"
