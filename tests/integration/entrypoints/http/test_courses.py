"""GET below /api/ai/courses/."""

from pathlib import Path

import pytest

from lectern.entrypoints.http.course_responses import CourseDetail, Courses, SearchResults
from tests.web_house import COURSE, WebHouse


def test_courses_are_listed(house: WebHouse) -> None:
    house.course("python_101")
    house.course("algebra")
    body = Courses.model_validate(house.http.get("/api/ai/courses/").json())
    assert [course.course_id for course in body.courses] == ["algebra", "python_101"]


def test_a_course_tells_the_state_of_its_material(house: WebHouse, tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("# Loops\n\nA loop repeats its body.\n")
    (tmp_path / "b.md").write_text("")
    house.course("empty")
    house.lectern.curator.ingest(COURSE, "Python", [tmp_path])
    empty = CourseDetail.model_validate(house.http.get("/api/ai/courses/empty/").json())
    course = CourseDetail.model_validate(house.http.get(f"/api/ai/courses/{COURSE}/").json())
    assert (empty.state, empty.indexed_at) == ("empty", None)
    assert (course.state, course.batches_done) == ("indexing", 0)
    assert course.batches >= 2
    assert [problem.document for problem in course.problems] == ["b.md"]
    assert course.problems[0].reason


def test_a_search_tells_passages_with_their_places(house: WebHouse) -> None:
    house.course()
    answer = house.http.get(f"/api/ai/courses/{COURSE}/search/", params={"q": "loops", "limit": 3})
    assert answer.status_code == 200
    assert SearchResults.model_validate(answer.json()).passages == []


@pytest.mark.parametrize("course_id", ["nobody", "%00", "a" * 3000, "%ED%A0%80"])
@pytest.mark.parametrize("what", ["", "search/?q=loops"])
def test_an_unknown_course_is_404(house: WebHouse, course_id: str, what: str) -> None:
    answer = house.http.get(f"/api/ai/courses/{course_id}/{what}")
    assert answer.status_code == 404
    assert answer.json()["code"] == "unknown_course"


WRONG = {
    "no q": ("", "q"),
    "blank q": ("q=%20", "q"),
    "limit 51": ("q=a&limit=51", "limit"),
    "NUL": ("q=%00", "q"),
}


@pytest.mark.parametrize(("query", "field"), WRONG.values(), ids=WRONG)
def test_a_wrong_search_is_answered_with_its_field(house: WebHouse, query: str, field: str) -> None:
    house.course()
    answer = house.http.get(f"/api/ai/courses/{COURSE}/search/?{query}")
    assert answer.status_code == 400
    assert list(answer.json()["fields"]) == [field]


@pytest.mark.parametrize("path", ["courses/{}/", "courses/{}/search/?q=tea", "threads/{}/?student_id=anna"])
@pytest.mark.parametrize("name", ["a" * 5000, "a%00b"], ids=["too long", "a NUL"])
def test_a_name_that_nothing_can_have_is_not_there_and_not_repeated(
    house: WebHouse, path: str, name: str
) -> None:
    answer = house.http.get(f"/api/ai/{path.format(name)}")
    assert answer.status_code == 404
    assert len(answer.content) < 200
