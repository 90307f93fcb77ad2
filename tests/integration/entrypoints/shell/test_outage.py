"""SQL is away: really, by a file that is none."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connections

from tests.web_house import ASKED, WebHouse

TASK = "/api/ai/tasks/8b0c2f5e-7f0e-4d0c-9a55-0d1f6f2f6a11"
CALLS = {
    "ask-async": ("POST", "/api/ai/ask-async/"),
    "ask": ("POST", "/api/ai/ask/"),
    "status": ("GET", f"{TASK}/status/"),
    "cancel": ("POST", f"{TASK}/cancel/"),
    "recent tasks": ("GET", "/api/ai/tasks/?student_id=anna"),
    "conversation": ("GET", "/api/ai/threads/t1/?student_id=anna&course_id=python_101"),
    "courses": ("GET", "/api/ai/courses/"),
    "course": ("GET", "/api/ai/courses/python_101/"),
    "search": ("GET", "/api/ai/courses/python_101/search/?q=loops"),
}


@pytest.fixture
def house_without_sql(house: WebHouse, tmp_path: Path) -> Iterator[WebHouse]:
    # The house's threads are new, so they connect anew.
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(
            connections.settings["default"], "NAME", tmp_path / "no-such-folder" / "lectern.sqlite3"
        )
        yield house


@pytest.mark.parametrize(("method", "path"), CALLS.values(), ids=CALLS)
def test_without_sql_every_route_says_503_and_when_to_come_back(
    house_without_sql: WebHouse, method: str, path: str
) -> None:
    answer = house_without_sql.http.request(method, path, json=ASKED if method == "POST" else None)
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "2"
    assert answer.json()["code"] == "store_unavailable"
    assert "sqlite" not in answer.text
    assert house_without_sql.pokes.count == 0


def test_without_sql_the_process_lives_but_is_not_ready(house_without_sql: WebHouse) -> None:
    assert house_without_sql.http.get("/health/live").status_code == 200
    answer = house_without_sql.http.get("/health/ready")
    assert answer.status_code == 503
    assert answer.json()["parts"]["sql"]["ok"] is False
    assert "sqlite" not in answer.text
