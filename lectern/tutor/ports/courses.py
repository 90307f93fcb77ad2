"""Rows of courses, of their documents, and of the jobs that take material in."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Protocol
from uuid import UUID

from lectern.base.json import JsonObject
from lectern.tutor.domain.answer import Mode
from lectern.tutor.domain.course import (
    Course,
    CourseDocument,
    EmbeddingProgress,
    IndexingJob,
    Problem,
    StagedDocument,
)


class CourseCatalog(Protocol):
    """Rows of courses and of their documents.

    One production implementation, on Django's ORM: the port is here because the tutor may not know Django. Every method
    raises the engine's `StoreUnavailable` when SQL is away.
    """

    def get(self, course_id: str) -> Course | None:
        """Return a course, or None."""

    def all(self) -> list[Course]:
        """Return all courses by id."""

    def add(self, course_id: str, title: str) -> Course:
        """Return the course of that id, made if it is new."""

    def configure(
        self,
        course_id: str,
        *,
        answer_from_exercises: bool | None = None,
        mode: Mode | None = None,
        recalibration: JsonObject | None = None,
    ) -> None:
        """Change what is given: whether answers may quote exercises, what students get, and how confidences are corrected.

        An empty `recalibration` takes the correction back. Holds from the next answer on.
        """

    def remove(self, course_id: str) -> bool:
        """Delete a course with its documents, jobs, remembered questions and teachers' answers; False without one."""

    def documents(self, course_id: str, names: Collection[str] | None = None) -> list[CourseDocument]:
        """Return the documents of a course by name; only those of `names` where given."""

    def record(self, course: Course, document: StagedDocument) -> None:
        """Note that a document's passages are in the index, and which terms they have.

        Raises `UnknownCourse` when the course was removed.
        """

    def terms(self, course_id: str, document: str) -> Mapping[str, tuple[str, ...]]:
        """Return the terms that a document's author set off, by the id of the passage that has them."""

    def forget(self, course_id: str, document: str) -> None:
        """Note that a document's passages left the index."""


class IndexingJobs(Protocol):
    """Rows of indexing jobs and of what they staged. One implementation, for the reason given at `CourseCatalog`."""

    def open(
        self,
        job_id: UUID,
        course_id: str,
        documents: Sequence[StagedDocument],
        removals: Sequence[str],
        problems: Sequence[Problem],
        to_embed: int,
    ) -> IndexingJob:
        """Insert a job with its staged documents, in one transaction. Raises `UnknownCourse`."""

    def stage(
        self, job_id: UUID, documents: Sequence[StagedDocument], problems: Sequence[Problem], to_embed: int
    ) -> None:
        """Put documents in the place of what a job staged, in one transaction. Raises `UnknownCourse`: it is gone."""

    def get(self, job_id: UUID) -> IndexingJob | None:
        """Return a job, or None."""

    def note(self, job_id: UUID, embedding: EmbeddingProgress) -> None:
        """Keep how far a job's embedding is. Harmless for a job that is gone."""

    def latest(self, course_id: str) -> IndexingJob | None:
        """Return the newest job of a course, or None."""

    def previous(self, job_id: UUID) -> IndexingJob | None:
        """Return the job of the same course that was published last before this one, or None."""

    def unfinished(self, course_id: str) -> list[IndexingJob]:
        """Return the jobs of a course whose runs have not all ended, oldest first."""

    def staged(self, job_id: UUID, names: Collection[str] | None = None) -> Iterator[StagedDocument]:
        """Yield staged documents of a job by name (of `names` only, when given), one in memory at a time."""

    def close(self, job_id: UUID) -> None:
        """Note that a job was published, and drop what it staged."""
