"""POST /api/ai/tasks/<task_id>/feedback/."""

from collections.abc import Callable
from typing import Any

import pytest

from lectern.adapters.sql.models import QuestionRow
from lectern.engine.domain.run import Run
from lectern.engine.submitting import RunRequest
from lectern.entrypoints.http.responses import FeedbackBody, ProblemBody
from tests.web_house import COURSE, RESULT, WebHouse

UP = {"student_id": "anna", "rating": "up"}
DOWN = {"student_id": "anna", "rating": "down", "comment": "It is about snakes."}


@pytest.fixture
def house(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> WebHouse:
    house = WebHouse(monkeypatch)
    house.course()
    return house


def _rate(house: WebHouse, run: Run, body: Any) -> Any:
    return house.http.post(f"/api/ai/tasks/{run.id}/feedback/", json=body)


def test_a_student_judges_an_answer(house: WebHouse) -> None:
    run = house.finished_run()
    answer = _rate(house, run, DOWN)
    assert answer.status_code == 200, answer.text
    body = FeedbackBody.model_validate(answer.json())
    assert (body.task_id, body.rating, body.comment) == (str(run.id), "down", "It is about snakes.")
    (row,) = QuestionRow.objects.all()
    assert (row.rating, row.question, row.confidence) == ("down", "What is Python?", RESULT["confidence"])


def test_the_same_word_again_changes_nothing_and_another_one_replaces_it(house: WebHouse) -> None:
    run = house.finished_run()
    first = _rate(house, run, DOWN).json()
    assert _rate(house, run, DOWN).json() == first
    changed = _rate(house, run, UP).json()
    assert (changed["rating"], changed["comment"]) == ("up", "")
    assert [row.rating for row in QuestionRow.objects.all()] == ["up"]


def test_an_answer_whose_result_has_expired_can_still_be_judged(house: WebHouse) -> None:
    run = house.expired_run()
    house.lectern.engine.retention.drop_results(0, 10)
    assert _rate(house, run, UP).status_code == 200
    assert QuestionRow.objects.get().confidence == RESULT["confidence"]


def test_promise_8_only_the_student_who_asked_judges(house: WebHouse) -> None:
    answer = _rate(house, house.finished_run(), {**UP, "student_id": "ben"})
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_task")
    assert not QuestionRow.objects.exists()


UNFIT: dict[str, tuple[Callable[[WebHouse], Run], str]] = {
    "waiting": (lambda house: house.queued_run(), "not_ended"),
    "being answered": (lambda house: house.claimed_run(), "not_ended"),
    "failed": (lambda house: house.failed_run(), "no_answer"),
    "cancelled": (lambda house: house.cancelled_run(), "no_answer"),
}


@pytest.mark.parametrize(("make", "code"), UNFIT.values(), ids=UNFIT)
def test_only_an_answer_can_be_judged(house: WebHouse, make: Callable[[WebHouse], Run], code: str) -> None:
    answer = _rate(house, make(house), UP)
    assert (answer.status_code, answer.json()["code"]) == (409, code)
    assert str(ProblemBody.model_validate(answer.json()).error).startswith("Task ")


def test_a_task_that_is_no_question_has_no_answer(house: WebHouse) -> None:
    asked = RunRequest(workload="indexing", input={"job": "x", "slices": []}, owner="anna", tenant=COURSE)
    run = house.lectern.engine.cancel(house.lectern.engine.submit(asked).id)
    assert _rate(house, run, UP).json()["code"] == "no_answer"


def test_feedback_on_an_answer_of_a_deleted_course_is_refused(house: WebHouse) -> None:
    run = house.finished_run()
    _rate(house, run, UP)
    house.lectern.curator.remove(COURSE)
    assert not QuestionRow.objects.exists()
    answer = _rate(house, run, UP)
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_course")


WRONG = {
    "no rating": ({"student_id": "anna"}, "rating"),
    "another rating": ({**UP, "rating": "5 stars"}, "rating"),
    "no student": ({"rating": "up"}, "student_id"),
    "a comment that is too long": ({**UP, "comment": "x" * 2001}, "comment"),
    "a comment with a NUL": ({**UP, "comment": "a\0b"}, "comment"),
    "a comment that is no text": ({**UP, "comment": 5}, "comment"),
}


@pytest.mark.parametrize(("body", "field"), WRONG.values(), ids=WRONG)
def test_a_wrong_field_is_named(house: WebHouse, body: dict[str, Any], field: str) -> None:
    answer = _rate(house, house.finished_run(), body)
    assert answer.status_code == 400
    assert list(answer.json()["fields"]) == [field]


def test_an_unknown_rating_says_which_there_are(house: WebHouse) -> None:
    answer = _rate(house, house.finished_run(), {**UP, "rating": "yes"})
    assert answer.json()["fields"]["rating"] == "must be 'up' or 'down'"


@pytest.mark.parametrize("task", ["8b0c2f5e-7f0e-4d0c-9a55-0d1f6f2f6a11", "nonsense"])
def test_an_unknown_task_is_not_there(house: WebHouse, task: str) -> None:
    answer = house.http.post(f"/api/ai/tasks/{task}/feedback/", json=UP)
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_task")
