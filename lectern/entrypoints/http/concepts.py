"""Concepts of a course: a list, each with those around it, and the way to learn one."""

from typing import Any

from django.http import HttpRequest, JsonResponse
from ninja import Query, Router

from lectern.bootstrap import lectern
from lectern.entrypoints.http.course_responses import ConceptDetail, ConceptPath, Concepts
from lectern.entrypoints.http.courses import known_course
from lectern.entrypoints.http.requests import LONGEST_NAME, ConceptsRequest, PathRequest, is_name
from lectern.entrypoints.http.responses import ProblemBody
from lectern.tutor.domain.concept import Concept, Place
from lectern.tutor.errors import UnknownConcept

router = Router(tags=["concepts"])

_PROBLEMS = dict.fromkeys((404, 500, 503), ProblemBody)


@router.get("courses/{course_id}/concepts/", response={200: Concepts, 400: ProblemBody, **_PROBLEMS})
def list_concepts(request: HttpRequest, course_id: str, what: Query[ConceptsRequest]) -> JsonResponse:
    """List the concepts of a course in its order, or those of which a name begins with `q`."""
    course = known_course(course_id)
    page = lectern().tutor.concepts(course, what.q, what.offset, what.limit)
    return JsonResponse(
        {"course_id": course.id, "concepts": [_item(one) for one in page.concepts], "total": page.total}
    )


@router.get("courses/{course_id}/concepts/{path:concept}/", response={200: ConceptDetail, **_PROBLEMS})
def concept_detail(request: HttpRequest, course_id: str, concept: str) -> JsonResponse:
    """Tell what the course says of a concept, named by its id or a name, and which others are around it."""
    course = known_course(course_id)
    if not is_name(concept, LONGEST_NAME):
        raise UnknownConcept("There is no such concept: this is no name of one.")
    found = lectern().tutor.concept(course, concept)
    return JsonResponse(
        {
            "course_id": course.id,
            **_item(found.concept),
            "first_mention": _place(found.concept.first),
            "places": [_place(place) for place in found.concept.places],
            "prerequisites": [_item(one) for one in found.prerequisites],
            "leads_to": [_item(one) for one in found.leads_to],
            "related": [_item(one) for one in found.related],
        }
    )


@router.get("courses/{course_id}/path/", response={200: ConceptPath, 400: ProblemBody, **_PROBLEMS})
def learning_path(request: HttpRequest, course_id: str, what: Query[PathRequest]) -> JsonResponse:
    """Tell what to learn before a concept, in order, and where the course explains each; the concept comes last."""
    course = known_course(course_id)
    path = lectern().tutor.path(course, what.concept, what.limit)
    steps = [{**_item(step.concept), "needs": [earlier.id for earlier in step.needs]} for step in path.steps]
    return JsonResponse(
        {
            "course_id": course.id,
            "concept_id": path.steps[-1].concept.id,
            "steps": steps,
            "shortened": path.shortened,
        }
    )


def _item(concept: Concept) -> dict[str, Any]:
    return {
        "concept_id": concept.id,
        "name": concept.name,
        "aliases": list(concept.aliases),
        "sentence": concept.sentence,
        "is_definition": concept.is_definition,
        "explained": _place(concept.explained),
    }


def _place(place: Place) -> dict[str, Any]:
    return {
        "passage_id": place.passage_id,
        "document": place.document,
        "title": place.title,
        "location": {"heading_path": list(place.heading_path), "anchor": place.anchor, "page": place.page},
    }
