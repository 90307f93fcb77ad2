"""Move: copy the concepts of courses from one store to another, and look whether both answer the same."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

from lectern.tutor.domain.concept import ConceptStats
from lectern.tutor.errors import ConceptsDiffer
from lectern.tutor.ports import ConceptStore

#: Concepts of a course about which both stores are asked, and how far their prerequisites are followed.
_SAMPLES, _DEPTH, _LIMIT = 20, 8, 200


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
        copied += copy_course(course_key, source, target)
        compared += compare_course(course_key, source, target)
        on_course()
    return Moved(copied=copied, compared=compared)


def copy_course(course_key: int, source: ConceptStore, target: ConceptStore) -> bool:
    """Have `target` keep of a course what `source` keeps; return False when it does already."""
    kept = source.stats(course_key)
    if target.stats(course_key) == kept:
        return False
    if kept == ConceptStats():
        target.remove_course(course_key)
    else:
        target.replace_course(course_key, source.read_course(course_key))
    return True


def compare_course(course_key: int, source: ConceptStore, target: ConceptStore) -> int:
    """Ask both stores the same of concepts all over a course; return how often. Raises `ConceptsDiffer`."""
    if source.stats(course_key) != target.stats(course_key):
        raise ConceptsDiffer("The two stores count different concepts of a course.", course_key=course_key)
    asked = 0
    for answers in zip(_answers(course_key, source), _answers(course_key, target), strict=True):
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
