"""Concepts in a Neo4j that is away: what needs them says so, and nothing else notices."""

from collections.abc import Iterator

import pytest

from lectern.adapters.sql.courses import SqlCourses
from lectern.bootstrap import IN_NEO4J
from lectern.entrypoints.http.course_responses import CourseDetail
from tests.waiting import free_port
from tests.web_house import COURSE, WebHouse


@pytest.fixture
def house(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[WebHouse]:
    at = f"bolt://127.0.0.1:{free_port()}"
    one = WebHouse(monkeypatch, neo4j_uri=at, neo4j_user="neo4j", neo4j_password="hidden-secret")
    one.course()
    one.lectern.concepts.serve(IN_NEO4J)
    with one.serving():
        yield one
    assert one.lectern.neo4j
    one.lectern.neo4j.close()


@pytest.mark.parametrize("path", ["concepts/", "concepts/loop/", "path/?concept=loop"])
def test_what_asks_for_concepts_is_told_to_come_again(house: WebHouse, path: str) -> None:
    for _ in range(3):  # met, met, and spared
        answer = house.http.get(f"/api/ai/courses/{COURSE}/{path}")
        assert answer.status_code == 503
        assert int(answer.headers["Retry-After"]) > 0
        assert answer.json()["code"] == "concepts_unavailable"
        assert "hidden-secret" not in answer.text


def test_a_course_tells_how_it_stands_but_for_its_concepts(house: WebHouse) -> None:
    body = house.http.get(f"/api/ai/courses/{COURSE}/").json()
    assert (body["concepts"], body["concepts_are_current"]) == (None, False)
    assert CourseDetail.model_validate(body).state == "empty"


def test_a_course_can_be_deleted_all_the_same(house: WebHouse) -> None:
    house.lectern.curator.remove(COURSE)
    assert SqlCourses().get(COURSE) is None


def test_health_tells_and_stays_ready_as_far_as_concepts_go(house: WebHouse) -> None:
    parts = house.http.get("/health/ready").json()["parts"]
    assert parts["concepts"]["ok"] is False
    assert parts["concepts"]["required"] is False
    assert "hidden-secret" not in str(parts)


def test_a_question_is_taken(house: WebHouse) -> None:
    asked = {"student_id": "anna", "question": "What is Python?", "context": {"course_id": COURSE}}
    assert house.http.post("/api/ai/ask-async/", json=asked).status_code == 202
