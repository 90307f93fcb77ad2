"""Look up: a concept with those around it, and the way to learn it."""

from dataclasses import dataclass

from lectern.tutor.concepts.walking import LearningPath, chosen, path_of
from lectern.tutor.domain.concept import Concept
from lectern.tutor.domain.course import Course
from lectern.tutor.errors import UnknownConcept
from lectern.tutor.ports.concepts import ConceptGraph

#: How far a path looks back, in steps and in concepts.
_DEPTH, _REACHED = 8, 200
_RELATED, _SUCCESSORS = 8, 10


@dataclass(frozen=True, kw_only=True)
class LookedUp:
    """A concept and those around it, all of one course."""

    concept: Concept
    #: What should be known before it, the weightiest first.
    prerequisites: tuple[Concept, ...]
    #: What rests on it, in the course's order.
    leads_to: tuple[Concept, ...]
    #: What the course speaks of together with it, closest first.
    related: tuple[Concept, ...]


def look_up(course: Course, name: str, concepts: ConceptGraph) -> LookedUp:
    """Return a concept by its id or one of its names. Raises `UnknownConcept`."""
    concept = _known(course, name, concepts)
    needs = [need.needs for need in concepts.prerequisites(course.key, concept.id, 1, _REACHED)]
    leads = [need.concept for need in concepts.successors(course.key, concept.id, _SUCCESSORS)]
    related = [kin.related for kin in concepts.related(course.key, concept.id, _RELATED)]
    by_id = {one.id: one for one in concepts.concepts(course.key, {*needs, *leads, *related})}
    return LookedUp(
        concept=concept,
        prerequisites=tuple(by_id[one] for one in needs if one in by_id),
        leads_to=tuple(one for one in by_id.values() if one.id in leads),
        related=tuple(by_id[one] for one in related if one in by_id),
    )


def learning_path(course: Course, name: str, most: int, concepts: ConceptGraph) -> LearningPath:
    """Return the way to a concept, of at most `most` steps. Raises `UnknownConcept`."""
    target = _known(course, name, concepts)
    needs = concepts.prerequisites(course.key, target.id, _DEPTH, _REACHED)
    wanted, shortened = chosen(target.id, needs, most)
    return path_of(concepts.concepts(course.key, wanted), needs, shortened=shortened)


def _known(course: Course, name: str, concepts: ConceptGraph) -> Concept:
    found = concepts.named(course.key, name)
    if found is None:
        nothing = not concepts.stats(course.key).concepts
        raise UnknownConcept(
            f"The course {course.id} has no concept {name!r}.",
            hint=f"Its concepts were not built yet: python manage.py build_concepts {course.id}."
            if nothing
            else f"GET /api/ai/courses/{course.id}/concepts/?q=… lists those that begin so.",
        )
    return found
