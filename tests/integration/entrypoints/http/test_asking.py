"""POST /api/ai/ask-async/: what is accepted, and the sentence for what is not."""

import gzip
import json
from typing import Any
from uuid import UUID

import pytest

from lectern.entrypoints.http.responses import ProblemBody, Submitted
from tests.web_house import ASKED, COURSE, WebHouse

URL = "/api/ai/ask-async/"
JSON = {"Content-Type": "application/json"}


def _asked(**changes: Any) -> str:
    return json.dumps({**ASKED, **changes})


def test_a_question_is_accepted_exactly_as_in_the_guide(house: WebHouse) -> None:
    house.course()
    asked = {**ASKED, "thread_id": "conversation_123"}
    answer = house.http.post(URL, json=asked)
    assert answer.status_code == 202
    body = answer.json()
    assert body.keys() == {"task_id", "status", "message"}
    Submitted.model_validate(body)
    run = house.lectern.engine.recent("anna", COURSE, 1)[0]
    assert str(run.id) == body["task_id"]
    assert run.thread_key == "conversation_123"
    assert run.input["question"] == "What is Python?"


@pytest.mark.parametrize("course_id", [COURSE, "algebra"])
def test_promise_8_a_question_is_searched_in_the_course_that_it_names(
    house: WebHouse, course_id: str
) -> None:
    for each in (COURSE, "algebra"):
        house.course(each)
    answer = house.http.post(URL, json={**ASKED, "context": {"course_id": course_id}})
    run = house.lectern.engine.get(UUID(answer.json()["task_id"]))
    course = house.lectern.engine.workloads["tutor"].to_input(run, [])["course"]
    assert (course["id"], course["key"]) == (course_id, house.lectern.tutor.course_for(course_id).key)


def test_an_accepted_question_is_dispatched_soon(house: WebHouse) -> None:
    house.course()
    house.http.post(URL, json=ASKED)
    assert house.pokes.count == 1


ACCEPTED: dict[str, dict[str, Any]] = {
    "no context, the only course": {"context": None},
    "empty context": {"context": {}},
    "null course": {"context": {"course_id": None}},
    "null thread": {"thread_id": None},
    "unknown fields": {"mood": "curious", "context": {"course_id": COURSE, "lesson": [1, {"a": None}]}},
    "longest question": {"question": "ä" * 4000},
    "white space around": {"question": "  What?\n"},
    "any script": {"question": "什么是Python？ 😀", "student_id": "学生", "thread_id": "a/b?c#d"},
    "a written escape is no NUL": {"context": {"note": "\\u0000"}},
}


@pytest.mark.parametrize("changes", ACCEPTED.values(), ids=ACCEPTED)
def test_what_a_client_may_send(house: WebHouse, changes: dict[str, Any]) -> None:
    house.course()
    assert house.http.post(URL, json={**ASKED, **changes}).status_code == 202
    asked = str({**ASKED, **changes}["question"]).strip()
    assert (
        house.lectern.engine.recent(str({**ASKED, **changes}["student_id"]), None, 1)[0].input["question"]
        == asked
    )


WITHOUT_QUESTION = json.dumps({"student_id": "s"})
REFUSED: dict[str, tuple[str | bytes, set[str]]] = {
    "no question": (WITHOUT_QUESTION, {"question"}),
    "no student": (json.dumps({"question": "What?"}), {"student_id"}),
    "nothing": ("{}", {"student_id", "question"}),
    "blank question": (_asked(question=" \n\t "), {"question"}),
    "long question, blanks around": (_asked(question=" " + "a" * 4000), {"question"}),
    "long question": (_asked(question="a" * 4001), {"question"}),
    "empty student": (_asked(student_id=""), {"student_id"}),
    "long student": (_asked(student_id="a" * 201), {"student_id"}),
    "number as student": (_asked(student_id=7), {"student_id"}),
    "wrong types": (_asked(student_id=[1], question={"a": 1}), {"student_id", "question"}),
    "null question": (_asked(question=None), {"question"}),
    "NUL in question": (_asked(question="a\0b"), {"question"}),
    "NUL in student": (_asked(student_id="\0"), {"student_id"}),
    "NUL in thread": (_asked(thread_id="\0"), {"thread_id"}),
    "NUL in context": (_asked(context={"a": ["\0"]}), {"context"}),
    "NUL in a key of context": (_asked(context={"\0": 1}), {"context"}),
    "surrogate in question": (_asked(question="\ud800"), {"question"}),
    "surrogate in thread": (_asked(thread_id="\udfff"), {"thread_id"}),
    "surrogate in context": (_asked(context={"a": "\ud800"}), {"context"}),
    "NaN in context": (_asked(context={"a": float("nan")}), {"context"}),
    "infinite number in context": (_asked(context={"a": 1}).replace('{"a": 1}', '{"a": 1e999}'), {"context"}),
    "list as context": (_asked(context=[]), {"context"}),
    "text as context": (_asked(context="python_101"), {"context"}),
    "large context": (_asked(context={"a": "x" * 10_000}), {"context"}),
    "deep context": (_asked().replace(f'"{COURSE}"', "[" * 2000 + "]" * 2000), set()),
    "number as course": (_asked(context={"course_id": 5}), {"context.course_id"}),
    "long course": (_asked(context={"course_id": "a" * 101}), {"context.course_id"}),
    "empty thread": (_asked(thread_id=""), {"thread_id"}),
    "long thread": (_asked(thread_id="a" * 201), {"thread_id"}),
    "number as thread": (_asked(thread_id=1), {"thread_id"}),
    "list as body": ("[]", {"body"}),
    "text as body": ('"What is Python?"', {"body"}),
    "null as body": ("null", {"body"}),
    "no body": ("", {"body"}),
    "cut off": ('{"student_id":', set()),
    "no UTF-8": (b'{"student_id": "\xff"}', set()),
    "very deep": ("[" * 100_000, set()),
    "very long number": ('{"student_id": ' + "9" * 5000 + "}", set()),
}


@pytest.mark.parametrize(("body", "fields"), REFUSED.values(), ids=REFUSED)
def test_bad_input_is_answered_by_a_sentence_that_names_each_wrong_field(
    house: WebHouse, body: str | bytes, fields: set[str]
) -> None:
    house.course()
    answer = house.http.post(URL, content=body, headers=JSON)
    assert answer.status_code == 400
    problem = ProblemBody.model_validate(answer.json())
    assert set(answer.json().get("fields", {})) == fields
    assert all(field in problem.error for field in fields)
    assert house.lectern.engine.counts() == {}


@pytest.mark.parametrize(
    "kind", ["", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]
)
def test_a_body_that_is_not_declared_as_json_is_refused(house: WebHouse, kind: str) -> None:
    answer = house.http.post(URL, content=_asked(), headers={"Content-Type": kind})
    assert answer.status_code == 415
    assert "Content-Type: application/json" in answer.json()["error"]


def test_a_compressed_body_is_refused_as_one(house: WebHouse) -> None:
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    answer = house.http.post(URL, content=gzip.compress(_asked().encode()), headers=headers)
    assert answer.status_code == 415
    assert answer.json()["error"].startswith("Compressed bodies are not read here.")
    headers["Content-Encoding"] = "identity"
    house.course()
    assert house.http.post(URL, content=_asked(), headers=headers).status_code == 202


@pytest.mark.parametrize(
    "kind", ["application/json", "application/json; charset=utf-8", "application/vnd.lms+json"]
)
def test_json_is_read_under_all_its_names(house: WebHouse, kind: str) -> None:
    house.course()
    assert house.http.post(URL, content=_asked(), headers={"Content-Type": kind}).status_code == 202


def test_an_unknown_course_is_named(house: WebHouse) -> None:
    answer = house.http.post(URL, json={**ASKED, "context": {"course_id": "no_such_course"}})
    assert answer.status_code == 404
    assert answer.json()["code"] == "unknown_course"
    assert "no_such_course" in answer.json()["error"]


def test_without_a_course_id_the_courses_are_listed(house: WebHouse) -> None:
    house.course("algebra")
    house.course("botany")
    answer = house.http.post(URL, json={"student_id": "s", "question": "What?"})
    assert answer.status_code == 400
    assert answer.json()["code"] == "ambiguous_course"
    assert "algebra, botany" in answer.json()["error"]
