"""Move: copy the concepts of courses from one store to another, and look whether both answer the same."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from itertools import zip_longest

from lectern.tutor.domain.concept import ConceptStats
from lectern.tutor.errors import ConceptsDiffer, UnknownCourse
from lectern.tutor.ports.concepts import ConceptStore

#: Concepts of a course about which both stores are asked, and how far their prerequisites are followed.
_SAMPLES, _DEPTH, _LIMIT = 20, 8, 200
_TRIES = 3


@dataclass(frozen=True, kw_only=True)
class Moved:
    """What a move came to."""

    #: Courses that were copied; the others were there already.
    copied: int
    #: Questions to which both stores gave the same answer.
    compared: int


def move(
    course_keys: Collection[int], source: ConceptStore, target: ConceptStore, on_course: Callable[[], None]
) -> Moved:
    """Have `target` keep what `source` keeps of these courses, and nothing else. Raises `ConceptsDiffer`.

    Begun again after a crash it goes on behind the courses that were copied. `on_course` is called after each.
    """
    copied = compared = 0
    for course_key in target.kept_courses() - set(course_keys):
        target.remove_course(course_key)
    for course_key in course_keys:
        try:
            was_copied, answers = move_course(course_key, source, target)
        except UnknownCourse:  # deleted meanwhile
            continue
        finally:
            on_course()
        copied, compared = copied + was_copied, compared + answers
    return Moved(copied=copied, compared=compared)


def move_course(course_key: int, source: ConceptStore, target: ConceptStore) -> tuple[bool, int]:
    """Have `target` keep of a course what `source` keeps; return whether it was copied, and how many answers were alike.

    What was copied before and counts as many may be of older material, and what is copied just now too: it is copied
    again. Raises `ConceptsDiffer` when that does not help.
    """
    is_copied, differ = source.stats(course_key) != target.stats(course_key), None
    for _ in range(_TRIES):
        if is_copied:
            _copy(course_key, source, target)
        try:
            return is_copied, compare_course(course_key, source, target)
        except ConceptsDiffer as exc:
            is_copied, differ = True, exc
    raise differ or AssertionError


def _copy(course_key: int, source: ConceptStore, target: ConceptStore) -> None:
    if source.stats(course_key) == ConceptStats():
        target.remove_course(course_key)
    else:
        target.replace_course(course_key, source.read_course(course_key))


def compare_course(course_key: int, source: ConceptStore, target: ConceptStore) -> int:
    """Ask both stores the same of concepts all over a course; return how often. Raises `ConceptsDiffer`."""
    if source.stats(course_key) != target.stats(course_key):
        raise ConceptsDiffer("The two stores count different concepts of a course.", course_key=course_key)
    asked = 0
    for answers in zip_longest(_answers(course_key, source), _answers(course_key, target)):
        asked += 1
        if answers[0] != answers[1]:
            raise ConceptsDiffer(
                "The two stores answer a question about concepts differently.", course_key=course_key
            )
    return asked


def _answers(course_key: int, graph: ConceptStore) -> Iterator[object]:
    total = graph.find(course_key, "", 0, 1).total
    yield total
    for number in range(min(_SAMPLES, total)):
        page = graph.find(course_key, "", number * total // min(_SAMPLES, total), 1)
        for one in page.concepts:
            yield one
            yield graph.named(course_key, one.name)
            yield graph.find(course_key, one.name[:3], 0, _SAMPLES)
            yield graph.related(course_key, one.id, _LIMIT)
            yield graph.successors(course_key, one.id, _LIMIT)
            needs = graph.prerequisites(course_key, one.id, _DEPTH, _LIMIT)
            yield needs
            yield graph.concepts(course_key, {need.needs for need in needs})
