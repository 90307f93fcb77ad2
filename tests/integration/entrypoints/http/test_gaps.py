"""/api/ai/courses/<course_id>/gaps/ and /answers/: what a course could not answer, and what its teacher answers."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from lectern.adapters.sql.models import CourseRow, QuestionRow, RunRow, TeacherAnswerRow
from lectern.adapters.sql.teacher_answers import SqlTeacherAnswers
from lectern.engine.domain.queues import Queues
from lectern.engine.domain.run import Run
from lectern.entrypoints.here import finish_here, worker_here
from lectern.entrypoints.http.course_responses import AcceptedAnswer, GapsBody, TeacherAnswersBody
from lectern.tutor.gaps import KEPT_SECONDS
from tests.engine_house import claim, succeed
from tests.web_house import COURSE, WebHouse, lend_models

GAPS, ANSWERS = f"/api/ai/courses/{COURSE}/gaps/", f"/api/ai/courses/{COURSE}/answers/"
TOKEN = "a-secret-of-sixteen-signs"
DECLINED = {
    "answer": "Not here.", "sources": [], "confidence": 0.1, "question_type": "simple", "declined": True,
    "nearest": ["Loops › For loops"],
}  # fmt: skip


@pytest.fixture
def house(transactional_db: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> WebHouse:
    return _house(monkeypatch, tmp_path)


def _house(monkeypatch: pytest.MonkeyPatch, var: Path, **changes: Any) -> WebHouse:
    lend_models(var)
    house = WebHouse(monkeypatch, var_dir=var, **changes)
    house.course()
    return house


def _answered(house: WebHouse, question: str, result: dict[str, Any]) -> Run:
    asked = {"student_id": "anna", "question": question, "context": {"course_id": COURSE}}
    run_id = UUID(house.http.post("/api/ai/ask-async/", json=asked).json()["task_id"])
    run = claim(run_id, uuid4(), "Working", house.lectern.engine.runs)
    assert run is not None
    return succeed(run, result, house.lectern.engine.runs)


def _cited(section: str, confidence: float) -> dict[str, Any]:
    place = {"heading_path": [section], "anchor": "", "page": None}
    source = {"number": 1, "title": "Loops", "document": "l.md", "location": place, "quote": "q"}
    return {**DECLINED, "declined": False, "nearest": [], "sources": [source], "confidence": confidence}


def _gaps(house: WebHouse, **page: int) -> GapsBody:
    answer = house.http.get(GAPS, params=page)
    assert answer.status_code == 200, answer.text
    return GapsBody.model_validate(answer.json())


def _down(house: WebHouse, run: Run, comment: str = "") -> None:
    said = {"student_id": "anna", "rating": "down", "comment": comment}
    assert house.http.post(f"/api/ai/tasks/{run.id}/feedback/", json=said).status_code == 200


def test_gaps_are_refusals_low_answers_and_those_found_wanting_by_section(house: WebHouse) -> None:
    _answered(house, "What is a for loop?", DECLINED)
    _answered(house, "what's a FOR loop", DECLINED)
    _answered(house, "How do I count?", _cited("For loops", 0.2))
    wanting = _answered(house, "What is a while loop?", _cited("While loops", 0.9))
    _answered(house, "What is a good loop?", _cited("While loops", 0.9))
    _down(house, wanting, "It says nothing of else.")
    gaps = _gaps(house)
    assert (gaps.sections, gaps.count, gaps.open, gaps.answered) == (2, 4, 4, 5)
    first, second = gaps.gaps
    assert (first.section, first.count, first.declined, first.low, first.down) == (
        "Loops › For loops",
        3,
        2,
        1,
        0,
    )
    assert [(one.question, one.count) for one in first.questions] == [
        ("what's a FOR loop", 2),
        ("How do I count?", 1),
    ]
    assert (second.section, second.count, second.down) == ("Loops › While loops", 1, 1)
    assert second.comments == ["It says nothing of else."]
    assert second.questions[0].task_id == str(wanting.id)


def test_what_its_student_found_good_is_no_gap_and_neither_is_a_greeting(house: WebHouse) -> None:
    run = _answered(house, "How do I count?", _cited("For loops", 0.2))
    said = {"student_id": "anna", "rating": "up"}
    house.http.post(f"/api/ai/tasks/{run.id}/feedback/", json=said)
    _answered(house, "hello", {**DECLINED, "nearest": []})
    assert (_gaps(house).gaps, _gaps(house).answered) == ([], 1)


def test_questions_that_come_near_no_section_are_a_gap_of_their_own(house: WebHouse) -> None:
    _answered(house, "Who won the cup?", {**DECLINED, "nearest": []})
    assert [gap.section for gap in _gaps(house).gaps] == [""]


def test_gaps_are_paged(house: WebHouse) -> None:
    for number in range(5):
        for _ in range(1 + number):
            _answered(house, "Why?", {**DECLINED, "nearest": [f"Loops › Part {number}"]})
    pages = [[gap.section for gap in _gaps(house, limit=2, offset=offset).gaps] for offset in (0, 2, 4, 6)]
    assert pages == [
        ["Loops › Part 4", "Loops › Part 3"],
        ["Loops › Part 2", "Loops › Part 1"],
        ["Loops › Part 0"],
        [],
    ]


@pytest.mark.parametrize(("name", "value"), [("limit", 0), ("limit", 51), ("offset", -1), ("offset", "x")])
def test_a_wrong_page_is_named(house: WebHouse, name: str, value: Any) -> None:
    answer = house.http.get(GAPS, params={name: value})
    assert (answer.status_code, list(answer.json()["fields"])) == (400, [name])


def test_gaps_of_another_course_are_not_shown(house: WebHouse) -> None:
    _answered(house, "What is a for loop?", DECLINED)
    house.course("algebra")
    assert house.http.get("/api/ai/courses/algebra/gaps/").json()["count"] == 0
    assert house.http.get("/api/ai/courses/nowhere/gaps/").status_code == 404


def test_a_run_writes_no_row_for_gaps_while_it_is_executed(house: WebHouse) -> None:
    with CaptureQueriesContext(connection) as asked:
        _answered(house, "What is a for loop?", DECLINED)
    assert not any("lectern_question" in query["sql"] for query in asked)
    assert not QuestionRow.objects.exists()
    assert _gaps(house).count == 1


def test_a_gap_outlives_the_result_and_the_row_of_its_run(house: WebHouse) -> None:
    _answered(house, "What is a for loop?", DECLINED)
    RunRow.objects.update(finished_at=RunRow.objects.get().created_at - timedelta(days=31))
    CourseRow.objects.update(created_at=RunRow.objects.get().created_at - timedelta(days=40))
    house.lectern.forget()
    assert not RunRow.objects.exists()
    assert _gaps(house).count == 1


def test_questions_are_forgotten_after_a_year(house: WebHouse) -> None:
    _answered(house, "What is a for loop?", DECLINED)
    assert _gaps(house).count == 1
    RunRow.objects.all().delete()
    QuestionRow.objects.update(
        answered_at=QuestionRow.objects.get().answered_at - timedelta(seconds=KEPT_SECONDS + 60)
    )
    house.lectern.forget()
    assert not QuestionRow.objects.exists()


def test_gaps_go_with_their_course_and_are_not_those_of_one_made_anew(house: WebHouse) -> None:
    _answered(house, "What is a for loop?", DECLINED)
    house.answer()
    assert _gaps(house).count == 1
    house.lectern.curator.remove(COURSE)
    assert not QuestionRow.objects.exists()
    assert not TeacherAnswerRow.objects.exists()
    house.course()
    assert _gaps(house).count == 0


def test_more_questions_than_are_copied_at_once_are_all_counted(
    house: WebHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lectern.tutor.gaps._AT_ONCE", 2)
    for question in ("hello", "hello", "hello", "Why loops?", "Why lists?"):
        _answered(house, question, DECLINED)
    assert _gaps(house).count == 2


def test_what_was_asked_long_before_a_judged_answer_is_a_gap_all_the_same(house: WebHouse) -> None:
    earlier = _answered(house, "What is a for loop?", DECLINED)
    hour = timedelta(hours=1)
    assert earlier.finished_at
    RunRow.objects.filter(id=earlier.id).update(
        finished_at=earlier.finished_at - hour, created_at=earlier.created_at - hour
    )
    CourseRow.objects.update(created_at=earlier.created_at - 2 * hour)
    _down(house, _answered(house, "What is a while loop?", _cited("While loops", 0.9)))
    assert _gaps(house).count == 2


def test_judged_answers_hold_what_a_fit_learns_from(house: WebHouse) -> None:
    figures = {"top_score": 0.5}
    for question, rating in (("What is a for loop?", "up"), ("What is a list?", "down")):
        run = _answered(house, question, {**_cited("For loops", 0.7), "features": figures, "mode": "answer"})
        said = {"student_id": "anna", "rating": rating}
        house.http.post(f"/api/ai/tasks/{run.id}/feedback/", json=said)
    _down(house, _answered(house, "Why?", {**DECLINED, "features": figures}))
    _down(
        house,
        _answered(house, "And a hint?", {**_cited("For loops", 0.7), "features": figures, "mode": "hint"}),
    )
    _answered(house, "What is a dict?", {**_cited("For loops", 0.7), "features": figures})
    course = house.lectern.tutor.course_for(COURSE)
    judged = house.lectern.desk.judged_answers(course)
    assert [(one.right, one.features, one.confidence) for one in judged] == [
        (False, figures, 0.7),
        (True, figures, 0.7),
    ]


# --- teachers' answers ----------------------------------------------------------------------------------------------

QUESTION = "What does the Zorblax operator return?"
TEXT = "The Zorblax operator returns the value seven, whatever it is given."


@contextmanager
def _worker(queue: Queues) -> Iterator[Any]:
    with worker_here(queue) as worker:
        yield worker


def _indexed(house: WebHouse, answer: Any) -> AcceptedAnswer:
    assert answer.status_code == 202, answer.text
    run = house.lectern.engine.get(UUID(answer.json()["task_id"]))
    with _worker(Queues.EMBEDDINGS) as worker:
        finish_here(run, worker)
    assert house.http.get(f"/api/ai/tasks/{run.id}/status/").json()["status"] == "SUCCESS"
    return answer.json()  # type: ignore[no-any-return]  # an object


def _write(house: WebHouse, text: str = TEXT, question: str = QUESTION) -> Any:
    return house.http.post(ANSWERS, json={"question": question, "answer": text})


def _asked(house: WebHouse, question: str = QUESTION) -> dict[str, Any]:
    asked = {"student_id": "anna", "question": question, "context": {"course_id": COURSE}}
    run = house.lectern.engine.get(UUID(house.http.post("/api/ai/ask-async/", json=asked).json()["task_id"]))
    with _worker(Queues.LANGGRAPH) as worker:
        finish_here(run, worker)
    result: dict[str, Any] = house.http.get(f"/api/ai/tasks/{run.id}/status/").json()["result"]
    return result


def _ingest(house: WebHouse, folder: Path) -> None:
    job = house.lectern.curator.ingest(COURSE, "Python", [folder])
    with _worker(Queues.EMBEDDINGS) as worker:
        for batch in house.lectern.tutor.batches(job):
            finish_here(batch, worker)


@pytest.fixture
def material(tmp_path: Path) -> Path:
    folder = tmp_path / "material"
    folder.mkdir()
    (folder / "tea.md").write_text("# Tea\n\nTea is a drink that is made of leaves.\n")
    return folder


def _documents(house: WebHouse) -> list[str]:
    listed = house.http.get(f"/api/ai/courses/{COURSE}/documents/").json()["documents"]
    return [one["name"] for one in listed]


def test_a_teachers_answer_closes_the_gap_and_is_cited_by_its_title(house: WebHouse, material: Path) -> None:
    _ingest(house, material)
    assert _asked(house)["declined"]
    assert _gaps(house).open == 1
    written = _indexed(house, _write(house))
    gaps = _gaps(house)
    assert (gaps.count, gaps.open) == (1, 0)
    assert gaps.gaps[0].questions[0].answered_by == written["document"]
    result = _asked(house, "what does Zorblax operator return")
    assert "the value seven" in result["answer"]
    (source,) = result["sources"]
    assert (source["title"], source["document"]) == ("Answered by the teacher", written["document"])
    assert source["location"]["heading_path"] == [QUESTION]


def test_a_teachers_answer_to_this_very_question_is_cited_however_little_it_repeats_of_it(
    house: WebHouse, material: Path
) -> None:
    _ingest(house, material)
    written = _indexed(
        house, _write(house, "# Rooms\n\nIt is next to the stairs on the second floor.", "Where do we meet?")
    )
    result = _asked(house, "where do we meet")
    assert not result["declined"]
    assert result["sources"][0]["document"] == written["document"]
    assert result["sources"][0]["location"]["heading_path"][0] == "Where do we meet?"


def test_a_teachers_answer_survives_an_ingest_of_the_course_and_the_loss_of_the_index(
    house: WebHouse, material: Path
) -> None:
    _ingest(house, material)
    written = _indexed(house, _write(house))
    (material / "tea.md").rename(material / "leaves.md")
    _ingest(house, material)
    assert _documents(house) == ["leaves.md", written["document"]]
    course = house.lectern.tutor.course_for(COURSE)
    for name in _documents(house):
        house.lectern.tutor.indexing.index.remove_document(course.key, name)
    _ingest(house, material)
    assert "seven" in _asked(house)["answer"]


def test_a_new_text_replaces_the_old_one(house: WebHouse) -> None:
    first = _indexed(house, _write(house))
    second = _indexed(
        house, _write(house, TEXT.replace("seven", "eight"), "what do Zorblax operators return")
    )
    assert second["document"] == first["document"]
    answers = TeacherAnswersBody.model_validate(house.http.get(ANSWERS).json())
    assert [one.answer for one in answers.answers] == [TEXT.replace("seven", "eight")]
    answer = _asked(house)["answer"]
    assert "eight" in answer
    assert "seven" not in answer


@pytest.mark.parametrize("by", ["answer", "document"])
def test_a_removed_answer_is_cited_no_more_and_its_gap_is_open_again(house: WebHouse, by: str) -> None:
    _answered(house, QUESTION, DECLINED)
    assert _gaps(house).open == 1
    written = _indexed(house, _write(house))
    assert _gaps(house).open == 0
    where = (
        f"{ANSWERS}{written['answer_id']}/"
        if by == "answer"
        else f"{GAPS[:-5]}documents/{written['document']}/"
    )
    _indexed(house, house.http.delete(where))
    assert (_documents(house), _gaps(house).open) == ([], 1)
    assert house.http.get(ANSWERS).json()["answers"] == []


def test_an_answer_that_waits_for_its_worker_is_listed_as_not_indexed(house: WebHouse) -> None:
    assert _write(house).status_code == 202
    (listed,) = TeacherAnswersBody.model_validate(house.http.get(ANSWERS).json()).answers
    assert (listed.question, listed.indexed_at) == (QUESTION, None)
    assert house.pokes.queues == ["embeddings"]
    assert len(os.listdir(house.settings.uploads_dir)) == 1


def test_answers_come_in_pages_by_id_and_are_counted_whole(house: WebHouse) -> None:
    ids = sorted(house.answer(f"What is a {name}?") for name in ("snake", "list", "tuple"))
    with CaptureQueriesContext(connection) as asked:
        page = house.lectern.desk.teacher_answers(house.lectern.tutor.course_for(COURSE), 1, 1)
    assert [answer.id for answer, _document in page] == [ids[1]]
    (read,) = [one["sql"] for one in asked if "lectern_teacher_answer" in one["sql"]]
    assert "LIMIT 1 OFFSET 1" in read
    listed = TeacherAnswersBody.model_validate(
        house.http.get(ANSWERS, params={"limit": 2, "offset": 1}).json()
    )
    assert ([one.answer_id for one in listed.answers], listed.count) == (ids[1:], 3)


def test_one_answer_is_written_and_removed_without_reading_all(
    house: WebHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.answer("What is a list?")
    first = house.answer(QUESTION)
    monkeypatch.delattr(SqlTeacherAnswers, "all")
    again = house.http.post(ANSWERS, json={"question": "what do Zorblax operators return", "answer": TEXT})
    assert again.json()["answer_id"] == first
    assert house.http.delete(f"{ANSWERS}{first}/").status_code == 202
    assert [row.slug for row in TeacherAnswerRow.objects.all()] != [first]
    assert TeacherAnswerRow.objects.count() == 1


def test_questions_that_an_answer_is_joined_to_are_found_by_an_index(house: WebHouse) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("another planner reads few rows without an index")
    plan = QuestionRow.objects.filter(course_id=COURSE, alike="zorblax").explain()
    assert "USING INDEX lectern_question_alike" in plan


WRONG = {
    "no answer": ({"question": "Why?"}, "answer"),
    "a blank answer": ({"question": "Why?", "answer": " \n"}, "answer"),
    "a long one": ({"question": "Why?", "answer": "x" * 20_001}, "answer"),
    "no question": ({"answer": "x"}, "question"),
    "a NUL": ({"question": "Why\0?", "answer": "x"}, "question"),
}


@pytest.mark.parametrize(("body", "field"), WRONG.values(), ids=WRONG)
def test_a_wrong_field_of_an_answer_is_named(house: WebHouse, body: dict[str, Any], field: str) -> None:
    answer = house.http.post(ANSWERS, json=body)
    assert (answer.status_code, list(answer.json()["fields"])) == (400, [field])
    assert not TeacherAnswerRow.objects.exists()


def test_an_unknown_answer_and_an_unknown_course_are_not_there(house: WebHouse) -> None:
    answer = house.http.delete(f"{ANSWERS}nothing/")
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_answer")
    answer = house.http.post("/api/ai/courses/nowhere/answers/", json={"question": "Why?", "answer": "So."})
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_course")


GUARDED = {
    "gaps": ("GET", GAPS, None),
    "gaps without the last slash": ("GET", GAPS[:-1], None),
    "write": ("POST", ANSWERS, {"question": "Why?", "answer": "So."}),
    "write without the last slash": ("POST", ANSWERS[:-1], {"question": "Why?", "answer": "So."}),
    "remove": ("DELETE", f"{ANSWERS}x/", None),
}


@pytest.mark.parametrize(("method", "url", "body"), GUARDED.values(), ids=GUARDED)
def test_what_is_the_teachers_needs_the_token_that_uploads_need(
    transactional_db: None,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    method: str,
    url: str,
    body: Any,
) -> None:
    house = _house(monkeypatch, tmp_path, upload_token=TOKEN)
    refused = house.http.request(method, url, json=body)
    assert (refused.status_code, refused.json()["code"]) == (401, "no_token")
    shown = house.http.request(method, url, json=body, headers={"Authorization": f"Bearer {TOKEN}"})
    assert shown.status_code in (200, 202, 404)
    assert shown.json().get("code") in (None, "unknown_answer")


@pytest.mark.parametrize(("method", "url", "body"), GUARDED.values(), ids=GUARDED)
def test_an_open_server_without_a_token_shows_and_changes_nothing_of_the_teachers(
    transactional_db: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, method: str, url: str, body: Any
) -> None:
    house = _house(monkeypatch, tmp_path, allow_open=True)
    refused = house.http.request(method, url, json=body)
    assert (refused.status_code, refused.json()["code"]) == (403, "uploads_closed")
    assert not TeacherAnswerRow.objects.exists()


def test_students_see_a_teachers_answers_without_a_token(
    transactional_db: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    house = _house(monkeypatch, tmp_path, upload_token=TOKEN)
    assert house.http.get(ANSWERS).status_code == 200
