"""Where concepts are kept, and what a language model named of them."""

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from lectern.tutor.domain.concept import (
    Concept,
    ConceptPage,
    ConceptStats,
    CourseConcepts,
    Kinship,
    NamedConcept,
    Need,
    ReadPassage,
    Underlaid,
)


class ConceptGraph(Protocol):
    """The concepts of all courses and what joins them; a course never sees another's.

    `course_key` is the course's integer key, `concept_id` the id of one of its concepts. A reader sees the concepts of a
    course as one `replace_course` left them, never parts of two. No method walks further than it is told. Every method
    raises the engine's `StoreUnavailable`, or an error of the tutor's that is `passing`, when the store is away.
    """

    def replace_course(self, course_key: int, concepts: CourseConcepts) -> None:
        """Put `concepts` in the place of all that the course had; who reads meanwhile sees the old ones.

        Done twice, or begun again after a crash, it comes to the same. Raises `UnknownCourse` when the course is gone.
        """

    def remove_course(self, course_key: int) -> None:
        """Remove a course's concepts. Removing what is not there is harmless."""

    def stats(self, course_key: int) -> ConceptStats:
        """Count what is kept of a course."""

    def find(self, course_key: int, prefix: str, offset: int, limit: int) -> ConceptPage:
        """Return concepts of which a name begins with `prefix`, whatever its case, in the course's order; "" finds all."""

    def named(self, course_key: int, name: str) -> Concept | None:
        """Return the concept of that id or name, another name or number of it included; None when there is none."""

    def concepts(self, course_key: int, concept_ids: Collection[str]) -> list[Concept]:
        """Return those of `concept_ids` that the course has, in its order."""

    def related(self, course_key: int, concept_id: str, limit: int) -> list[Kinship]:
        """Return the concepts that are related to one, closest first."""

    def prerequisites(self, course_key: int, concept_id: str, depth: int, limit: int) -> list[Need]:
        """Return what a concept needs, what those need, and so on: `depth` steps, until `limit` concepts are known."""

    def successors(self, course_key: int, concept_id: str, limit: int) -> list[Need]:
        """Return the concepts that need this one, those first for which it counts most."""

    def underlaid(self, course_key: int, keys: Sequence[str]) -> list[Underlaid]:
        """Return the concept of each of `keys` that is a name of one, as `named` takes it, in their order, with what it needs
        directly. Ends sooner than other reads where the store is away: an answer waits for it."""


class ConceptStore(ConceptGraph, Protocol):
    """What keeps a `ConceptGraph`, as those see it who tidy it up or move it to another one."""

    def kept_courses(self) -> set[int]:
        """Return the keys of the courses of which something is kept, those that were deleted meanwhile included."""

    def read_course(self, course_key: int) -> CourseConcepts:
        """Return all that is kept of a course, in the order in which it was given; for moving it elsewhere."""


class ConceptReadings(Protocol):
    """What a language model named in passages, by the hashes of their texts; a course never sees another's.

    One production implementation, for the reason given at `CourseCatalog`. Gone with the course.
    """

    def keep(self, course_key: int, reader: str, named: Mapping[str, Sequence[NamedConcept]]) -> None:
        """Remember what `reader` named in texts, in the place of what was remembered of them; all or nothing.

        Raises `UnknownCourse` when the course is gone.
        """

    def kept(self, course_key: int) -> dict[str, ReadPassage]:
        """Return what is remembered, by text hash."""

    def state(self, course_key: int) -> str:
        """Return what is another whenever something was remembered since; "" while nothing is. Quickly."""

    def forget_others(self, course_key: int, text_shas: Collection[str]) -> None:
        """Forget all texts but these."""
