"""What both search legs share: which kinds of passages, and how hits are written into the state."""

from collections.abc import Sequence

from lectern.tutor.domain.passage import PassageKind
from lectern.tutor.graph.state import CourseInput, FoundPassage, passage_from_json, passage_to_json
from lectern.tutor.ports import Hit


def answerable_kinds(course: CourseInput) -> frozenset[PassageKind]:
    """Return the kinds of passages that the course lets answers quote."""
    kinds = frozenset({PassageKind.BODY, PassageKind.SUMMARY})
    return kinds | {PassageKind.EXERCISE, PassageKind.SOLUTION} if course["answer_from_exercises"] else kinds


def found(hits: Sequence[Hit]) -> list[FoundPassage]:
    """Write hits into the state."""
    return [{"passage": passage_to_json(hit.passage), "score": float(hit.score)} for hit in hits]


def hits(written: Sequence[FoundPassage]) -> list[Hit]:
    """Read hits from the state."""
    return [Hit(passage=passage_from_json(found["passage"]), score=found["score"]) for found in written]
