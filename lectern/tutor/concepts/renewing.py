"""Renew: bring the concepts of a course in line with its passages."""

import re
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from hashlib import sha256

from lectern.base.log import logger
from lectern.tutor.concepts.building import build
from lectern.tutor.domain.concept import ConceptStats
from lectern.tutor.domain.course import Course, CourseDocument
from lectern.tutor.domain.passage import Passage
from lectern.tutor.ingest.planning import passages_of
from lectern.tutor.ports.concepts import ConceptGraph, ConceptReadings
from lectern.tutor.ports.courses import CourseCatalog
from lectern.tutor.ports.passages import PassageIndex

_log = logger(__name__)

#: Part of the name of a course's state: raise it when concepts are made otherwise, and they are made anew.
_VERSION = "1"
_DIGITS = re.compile(r"(\d+)")


def renew_concepts(
    course: Course,
    courses: CourseCatalog,
    index: PassageIndex,
    concepts: ConceptGraph,
    readings: ConceptReadings,
) -> bool:
    """Make the concepts of a course anew out of all its passages, unless they are those of its present material.

    Names in one document are joined with those in another, and a concept's place is that in the whole course: so nothing
    less than the course is read. It takes about a millisecond a passage. What a language model named in its passages is
    part of it; none is asked. Returns False when there was nothing to do.
    """
    documents, state = courses.documents(course.id), readings.state(course.key)
    if are_current(concepts.stats(course.key), documents, state):
        return False
    names = in_reading_order(document.name for document in documents)
    read = partial(passages_of, course, courses=courses, index=index)
    if state:
        _forget_what_is_gone(course, documents, read, readings)
        state = readings.state(course.key)
    named = {text_sha: one.concepts for text_sha, one in readings.kept(course.key).items()} if state else {}
    found = build(names, read, _material(documents, state), named)
    concepts.replace_course(course.key, found)
    _log.info(
        "renew_concepts",
        course_id=course.id,
        concepts=len(found.concepts),
        prerequisites=len(found.needs),
    )
    return True


def are_current(kept: ConceptStats, documents: Sequence[CourseDocument], readings: str) -> bool:
    """Return True when what is kept was made of these documents, by these rules, with that state of the readings."""
    return kept.material == _material(documents, readings) if documents or kept.material else True


def in_reading_order(names: Iterable[str]) -> list[str]:
    """Return documents in the order in which they are read: by name, numbers in it as such, "week_2" before "week_10"."""

    def place(name: str) -> tuple[list[tuple[int, str]], str]:
        parts = _DIGITS.split(name.casefold())
        return [(int(part), "") if part.isdecimal() else (-1, part) for part in parts], name

    return sorted(names, key=place)


def _forget_what_is_gone(
    course: Course,
    documents: Sequence[CourseDocument],
    read: Callable[[str], Sequence[Passage]],
    readings: ConceptReadings,
) -> None:
    """Forget what a language model named in texts that the course has no more, unless passages are missing."""
    passages = [passage for document in documents for passage in read(document.name)]
    if len(passages) == sum(document.passages for document in documents):
        readings.forget_others(course.key, {passage.text_sha for passage in passages})


def _material(documents: Sequence[CourseDocument], readings: str) -> str:
    named = sorted(f"{document.name}\0{document.content_sha}" for document in documents)
    # Without a language model it is named as it was before there could be one.
    return sha256("\0".join([_VERSION, *named, *([readings] if readings else [])]).encode()).hexdigest()
