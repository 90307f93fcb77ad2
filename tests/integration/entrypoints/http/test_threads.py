"""GET /api/ai/threads/<thread_id>/."""

from urllib.parse import quote

import pytest

from lectern.adapters.sql.models import RunRow
from lectern.entrypoints.http.responses import Conversation
from tests.web_house import COURSE, RESULT, WebHouse

MINE = {"student_id": "anna", "course_id": COURSE}


def test_a_conversation_tells_its_turns_in_order(house: WebHouse) -> None:
    first = house.finished_run()
    second = house.queued_run()
    answer = house.http.get("/api/ai/threads/t1/", params=MINE)
    turns = Conversation.model_validate(answer.json()).turns
    assert [(turn.task_id, turn.number, turn.status, turn.result) for turn in turns] == [
        (str(first.id), 1, "SUCCESS", RESULT),
        (str(second.id), 2, "PENDING", None),
    ]
    assert turns[0].question == "What is Python?"


def test_a_turn_outlives_its_run(house: WebHouse) -> None:
    RunRow.objects.filter(id=house.finished_run().id).delete()
    (turn,) = house.http.get("/api/ai/threads/t1/", params=MINE).json()["turns"]
    assert turn["status"] is None
    assert turn["result"] == RESULT


@pytest.mark.parametrize("key", ["a/b", "a?b#c", "ü 1", "x" * 200])
def test_any_name_that_a_client_gave_is_found_again(house: WebHouse, key: str) -> None:
    house.queued_run(thread_key=key)
    answer = house.http.get(f"/api/ai/threads/{quote(key, safe='')}/", params=MINE)
    assert answer.status_code == 200
    assert answer.json()["thread_id"] == key


def test_without_a_course_id_the_only_course_is_meant(house: WebHouse) -> None:
    house.course()
    house.queued_run()
    assert house.http.get("/api/ai/threads/t1/", params={"student_id": "anna"}).status_code == 200


STRANGERS = {
    "another student": ("t1", {**MINE, "student_id": "ben"}),
    "another course": ("t1", {**MINE, "course_id": "algebra"}),
    "another thread": ("t2", MINE),
    "a NUL": ("%00", MINE),
}


@pytest.mark.parametrize(("key", "who"), STRANGERS.values(), ids=STRANGERS)
def test_somebody_elses_conversation_is_not_there(house: WebHouse, key: str, who: dict[str, str]) -> None:
    house.queued_run()
    answer = house.http.get(f"/api/ai/threads/{key}/", params=who)
    assert answer.status_code == 404
    assert answer.json()["code"] == "unknown_thread"
