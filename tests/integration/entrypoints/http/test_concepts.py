"""GET below /api/ai/courses/<id>/concepts/ and …/path/."""

from typing import Any
from urllib.parse import quote

import pytest

from lectern.adapters.sql.concepts import SqlConcepts
from lectern.adapters.sql.courses import SqlCourses
from lectern.entrypoints.http.course_responses import ConceptDetail, ConceptPath, Concepts
from tests.unit.tutor.concepts.course import concepts_of, passage
from tests.web_house import COURSE, WebHouse

NAMES = ["//", "I/O", "%", "print()", "__init__", "C++", "a?b", "ÄÖ-Wert"]


@pytest.fixture
def taught(house: WebHouse) -> WebHouse:
    house.course()
    kept = concepts_of(
        passage("A value is a thing in memory.", "value", document="1.md", headings=["Values"]),
        passage("A variable is a name for a value.", "variable", document="2.md"),
        passage("A loop is a statement that counts a variable.", "loop", document="3.md"),
        *(passage(f"Nothing about it in passage {n}.", document="4.md") for n in range(30)),
    )
    course = SqlCourses().get(COURSE)
    assert course
    SqlConcepts().replace_course(course.key, kept)
    return house


def _get(house: WebHouse, path: str, **query: Any) -> Any:
    return house.http.get(f"/api/ai/courses/{COURSE}/{path}", params=query)


def test_concepts_are_listed_in_the_courses_order_and_in_pages(taught: WebHouse) -> None:
    all_of_them = Concepts.model_validate(_get(taught, "concepts/").json())
    assert [one.name for one in all_of_them.concepts] == ["value", "variable", "loop"]
    page = Concepts.model_validate(_get(taught, "concepts/", q="VA", offset=1, limit=1).json())
    assert ([one.name for one in page.concepts], page.total) == (["variable"], 2)


def test_a_concept_tells_where_it_is_explained_and_what_is_around_it(taught: WebHouse) -> None:
    body = _get(taught, "concepts/Variables/")
    one = ConceptDetail.model_validate(body.json())
    assert (one.name, one.sentence, one.explained.document) == (
        "variable",
        "A variable is a name for a value.",
        "2.md",
    )
    assert [other.name for other in one.prerequisites] == ["value"]
    assert [other.name for other in one.leads_to] == ["loop"]
    assert _get(taught, f"concepts/{one.concept_id}/").json() == body.json()


def test_a_path_leads_to_what_was_asked_for(taught: WebHouse) -> None:
    path = ConceptPath.model_validate(_get(taught, "path/", concept="LOOP").json())
    assert [step.name for step in path.steps] == ["value", "variable", "loop"]
    assert path.steps[1].needs == [path.steps[0].concept_id]
    assert path.steps[-1].concept_id == path.concept_id
    assert path.steps[0].explained.location.heading_path == ["Values"]
    assert not path.shortened
    short = ConceptPath.model_validate(_get(taught, "path/", concept="loop", limit=2).json())
    assert [step.name for step in short.steps] == ["variable", "loop"]
    assert short.shortened


@pytest.mark.parametrize("name", NAMES)
def test_a_concept_with_signs_in_its_name_has_an_address(house: WebHouse, name: str) -> None:
    house.course()
    course = SqlCourses().get(COURSE)
    assert course
    SqlConcepts().replace_course(
        course.key, concepts_of(passage(f"Say: `{name}` is a sign, and {name} too.", name))
    )
    (listed,) = _get(house, "concepts/").json()["concepts"]
    for called in (listed["concept_id"], listed["name"]):
        answer = _get(house, f"concepts/{quote(called, safe='')}/")
        assert answer.status_code == 200
        assert answer.json()["concept_id"] == listed["concept_id"]


@pytest.mark.parametrize("path", ["concepts/quibble/", "path/?concept=quibble"])
def test_an_unknown_concept_is_404_and_says_where_to_look(taught: WebHouse, path: str) -> None:
    answer = _get(taught, path) if "?" not in path else taught.http.get(f"/api/ai/courses/{COURSE}/{path}")
    assert answer.status_code == 404
    assert answer.json()["code"] == "unknown_concept"
    assert "concepts/?q=" in answer.json()["error"]


def test_a_course_whose_concepts_were_never_built_says_how_to(house: WebHouse) -> None:
    house.course()
    assert _get(house, "concepts/").json() == {"course_id": COURSE, "concepts": [], "total": 0}
    assert "build_concepts python_101" in _get(house, "concepts/loop/").json()["error"]


def test_concepts_of_another_course_are_not_there(taught: WebHouse) -> None:
    taught.course("algebra")
    assert taught.http.get("/api/ai/courses/algebra/concepts/").json()["total"] == 0
    for path in ("concepts/loop/", "path/?concept=loop"):
        assert taught.http.get(f"/api/ai/courses/algebra/{path}").status_code == 404


WRONG = {
    "limit 0": ("concepts/", {"limit": 0}, "limit"),
    "limit 101": ("concepts/", {"limit": 101}, "limit"),
    "offset": ("concepts/", {"offset": -1}, "offset"),
    "NUL": ("concepts/", {"q": "a\0"}, "q"),
    "no concept": ("path/", {}, "concept"),
    "long": ("path/", {"concept": "a" * 201}, "concept"),
    "steps": ("path/", {"concept": "loop", "limit": 51}, "limit"),
}


@pytest.mark.parametrize(("path", "query", "field"), WRONG.values(), ids=WRONG)
def test_a_wrong_question_is_answered_with_its_field(
    taught: WebHouse, path: str, query: dict[str, Any], field: str
) -> None:
    answer = _get(taught, path, **query)
    assert answer.status_code == 400
    assert list(answer.json()["fields"]) == [field]


@pytest.mark.parametrize("name", ["a" * 3000, "a%00b", "%ED%A0%80"], ids=["long", "a NUL", "half a sign"])
def test_a_name_that_nothing_can_have_is_not_there(taught: WebHouse, name: str) -> None:
    answer = taught.http.get(f"/api/ai/courses/{COURSE}/concepts/{name}/")
    assert answer.status_code == 404
    assert len(answer.content) < 300
