"""The header Idempotency-Key of both doors for questions."""

from typing import Any

import httpx
import pytest

from lectern.engine.errors import StoreUnavailable
from lectern.entrypoints.asking import ask
from lectern.entrypoints.http.errors import InvalidRequest
from lectern.entrypoints.http.responses import ProblemBody
from tests.web_house import ASKED, COURSE, WebHouse

DOORS = {"ask-async": "/api/ai/ask-async/", "ask": "/api/ai/ask/"}
every_door = pytest.mark.parametrize("url", DOORS.values(), ids=DOORS)


@pytest.fixture
def house(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> WebHouse:
    house = WebHouse(monkeypatch, sync_ask_seconds=0.01)
    house.course()
    return house


def _ask(house: WebHouse, url: str = DOORS["ask-async"], key: str = "k-1", **changes: Any) -> httpx.Response:
    return house.http.post(url, json={**ASKED, **changes}, headers={"Idempotency-Key": key})


def _runs(house: WebHouse) -> int:
    return sum(house.lectern.engine.counts().values())


@every_door
def test_a_question_that_is_sent_twice_is_one_task(house: WebHouse, url: str) -> None:
    first, second = _ask(house, url), _ask(house, url)
    assert (first.status_code, second.status_code) == (202, 202)
    assert first.json() == second.json()
    assert _runs(house) == 1


def test_a_task_that_was_cancelled_or_answered_is_still_the_one_of_its_key(house: WebHouse) -> None:
    first = _ask(house)
    house.http.post(f"/api/ai/tasks/{first.json()['task_id']}/cancel/")
    again = _ask(house)
    assert (again.status_code, again.json()) == (202, first.json())
    waited = _ask(house, DOORS["ask"])
    assert (waited.status_code, waited.json()["status"]) == (200, "REVOKED")


@every_door
def test_a_key_of_another_question_is_refused_with_a_sentence(house: WebHouse, url: str) -> None:
    _ask(house, url)
    answer = _ask(house, url, question="What is a list?")
    assert answer.status_code == 409
    told = ProblemBody.model_validate(answer.json())
    assert told.code == "key_reused"
    assert "'k-1' was given to another request" in told.error
    assert _runs(house) == 1


def test_another_student_may_have_the_same_key(house: WebHouse) -> None:
    assert _ask(house).json()["task_id"] != _ask(house, student_id="ben").json()["task_id"]


KEYS = {
    "empty": "",
    "longer than 200 characters": "k" * 201,
    "with a space": "a b",
    "another script": "schlüssel".encode("latin-1"),
    "a control character": "a\tb",
}


@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS)
def test_a_key_that_is_none_is_refused_with_its_name(house: WebHouse, key: Any) -> None:
    answer = _ask(house, key=key)
    assert answer.status_code == 400
    assert answer.json()["fields"] == {
        "Idempotency-Key": "must be 1 to 200 visible ASCII characters, without spaces"
    }


def test_the_key_of_a_question_that_was_refused_is_free(
    house: WebHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert _ask(house, question="").status_code == 400
    assert _ask(house, context={"course_id": "nobody"}).status_code == 404
    with monkeypatch.context() as patch:

        def away(new: object) -> Any:
            raise StoreUnavailable("The database does not answer.")

        patch.setattr(house.lectern.engine.runs, "add", away)
        assert _ask(house).status_code == 503
    assert _ask(house).status_code == 202


def test_python_callers_have_the_same_key(house: WebHouse) -> None:
    asked = ("anna", ASKED["question"], {"course_id": COURSE})
    assert ask(*asked, idempotency_key="k-1").id == ask(*asked, idempotency_key="k-1").id
    assert _ask(house).json()["task_id"] == str(ask(*asked, idempotency_key="k-1").id)  # type: ignore[arg-type]
    with pytest.raises(InvalidRequest, match="idempotency_key must be 1 to 200"):
        ask(*asked, idempotency_key="a b")  # type: ignore[arg-type]
