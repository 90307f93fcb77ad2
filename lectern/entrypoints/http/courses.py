"""Courses: which there are, whether their material is in, and what it says."""

from typing import Any

from django.http import HttpRequest, JsonResponse
from ninja import Query, Router

from lectern.bootstrap import lectern
from lectern.entrypoints.http.course_responses import CourseDetail, Courses, SearchResults
from lectern.entrypoints.http.requests import LONGEST_COURSE_ID, SearchRequest, is_name
from lectern.entrypoints.http.responses import ProblemBody
from lectern.tutor.domain.course import Course
from lectern.tutor.errors import UnknownCourse
from lectern.tutor.retrieval.fusion import Ranked

router = Router(tags=["courses"])

_PROBLEMS = dict.fromkeys((404, 500, 503), ProblemBody)


@router.get("courses/", response={200: Courses, 500: ProblemBody, 503: ProblemBody})
def list_courses(request: HttpRequest) -> JsonResponse:
    """List the courses that can be asked."""
    courses = [{"course_id": course.id, "title": course.title} for course in lectern().tutor.courses()]
    return JsonResponse({"courses": courses})


@router.get("courses/{course_id}/", response={200: CourseDetail, **_PROBLEMS})
def course_detail(request: HttpRequest, course_id: str) -> JsonResponse:
    """Tell whether a course can be asked, and how its latest indexing stands."""
    course = known_course(course_id)
    state = lectern().tutor.state(course)
    return JsonResponse(
        {
            "course_id": course.id,
            "title": course.title,
            "state": state.state.value,
            "documents": state.documents,
            "passages": state.passages,
            "batches": state.batches,
            "batches_done": state.batches_done,
            "embedding": state.embedding and dict(state.embedding.to_json()),
            "error": state.error,
            "problems": [dict(problem.to_json()) for problem in state.problems],
            "indexed_at": state.indexed_at and state.indexed_at.isoformat(),
            "concepts": state.concepts,
            "concepts_are_current": state.concepts_are_current,
            "mode": course.mode.value,
        }
    )


@router.get(
    "courses/{course_id}/search/",
    response={200: SearchResults, 400: ProblemBody, 409: ProblemBody, **_PROBLEMS},
)
def search_course(request: HttpRequest, course_id: str, what: Query[SearchRequest]) -> JsonResponse:
    """Search a course's passages, as an answer would; best first."""
    course = known_course(course_id)
    found = lectern().tutor.search(course, what.q, what.limit)
    return JsonResponse(
        {"course_id": course.id, "query": what.q, "passages": [_passage(one) for one in found]}
    )


def known_course(course_id: str) -> Course:
    """Return the course of an address. Raises `UnknownCourse`."""
    if not is_name(course_id, LONGEST_COURSE_ID):
        raise UnknownCourse("There is no such course: this is no id of one.")
    return lectern().tutor.course_for(course_id)


def _passage(found: Ranked) -> dict[str, Any]:
    passage = found.passage
    return {
        "passage_id": passage.id,
        "document": passage.document,
        "title": passage.title,
        "kind": passage.kind.value,
        "location": {
            "heading_path": list(passage.heading_path),
            "anchor": passage.anchor,
            "page": passage.page,
        },
        "text": passage.text,
        "start": passage.start,
        "end": passage.end,
        "score": round(found.score, 4),
        "legs": found.legs,
    }
