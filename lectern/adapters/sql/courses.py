"""Courses, documents and indexing jobs on Django's ORM."""

import random
from collections.abc import Collection, Sequence
from dataclasses import asdict
from typing import Any
from uuid import UUID

from lectern.adapters.sql.calls import store_call, store_write
from lectern.adapters.sql.models import CourseRow, DocumentRow, IndexingJobRow, StagedDocumentRow
from lectern.adapters.sql.time import StoreClock
from lectern.base.ids import new_id
from lectern.tutor.domain.course import Course, CourseDocument, IndexingJob, Problem, StagedDocument
from lectern.tutor.domain.passage import Passage, PassageKind


class SqlCourses:
    """Implements `CourseCatalog`."""

    def __init__(self, clock: StoreClock | None = None) -> None:
        self._clock = clock or StoreClock()

    def get(self, course_id: str) -> Course | None:
        """Return a course, or None."""
        with store_call():
            row = CourseRow.objects.filter(id=course_id).first()
            return _course(row) if row else None

    def all(self) -> list[Course]:
        """Return all courses by id."""
        with store_call():
            return [_course(row) for row in CourseRow.objects.order_by("id")]

    def add(self, course_id: str, title: str) -> Course:
        """Return the course of that id, made if it is new."""
        with store_write():
            # Random, not counted: an index that outlives its rows must not lend its passages to a later course.
            defaults = {"key": random.getrandbits(62), "title": title, "created_at": self._clock.now()}
            return _course(CourseRow.objects.get_or_create(id=course_id, defaults=defaults)[0])

    def set_answer_from_exercises(self, course_id: str, allowed: bool) -> None:
        """Let a course's answers quote its exercises and solutions, or not."""
        with store_write():
            CourseRow.objects.filter(id=course_id).update(answer_from_exercises=allowed)

    def remove(self, course_id: str) -> bool:
        """Delete a course with its documents and jobs."""
        with store_write():
            return CourseRow.objects.filter(id=course_id).delete()[0] > 0

    def documents(self, course_id: str) -> list[CourseDocument]:
        """Return the documents of a course by name."""
        with store_call():
            return [
                _document(row) for row in DocumentRow.objects.filter(course_id=course_id).order_by("name")
            ]

    def record(self, course_id: str, document: StagedDocument) -> None:
        """Note that a document's passages are in the index."""
        with store_write():
            DocumentRow.objects.update_or_create(
                course_id=course_id,
                name=document.name,
                defaults={
                    "title": document.title,
                    "content_sha": document.content_sha,
                    "passages": len(document.passages),
                    "indexed_at": self._clock.now(),
                },
            )

    def forget(self, course_id: str, document: str) -> None:
        """Note that a document's passages left the index."""
        with store_write():
            DocumentRow.objects.filter(course_id=course_id, name=document).delete()


class SqlIndexingJobs:
    """Implements `IndexingJobs`."""

    def __init__(self, clock: StoreClock | None = None) -> None:
        self._clock = clock or StoreClock()

    def open(
        self,
        course_id: str,
        documents: Sequence[StagedDocument],
        removals: Sequence[str],
        problems: Sequence[Problem],
        to_embed: int,
    ) -> IndexingJob:
        """Insert a job with its staged documents, in one transaction."""
        with store_write():
            row = IndexingJobRow.objects.create(
                id=new_id(),
                course_id=course_id,
                created_at=self._clock.now(),
                problems=[problem.to_json() for problem in problems],
                removals=list(removals),
                to_embed=to_embed,
            )
            StagedDocumentRow.objects.bulk_create(
                [
                    StagedDocumentRow(
                        job=row,
                        name=document.name,
                        title=document.title,
                        content_sha=document.content_sha,
                        passages=[asdict(passage) for passage in document.passages],
                    )
                    for document in documents
                ],
                batch_size=100,
            )
            return _job(row)

    def get(self, job_id: UUID) -> IndexingJob | None:
        """Return a job, or None."""
        with store_call():
            row = IndexingJobRow.objects.filter(id=job_id).first()
            return _job(row) if row else None

    def latest(self, course_id: str) -> IndexingJob | None:
        """Return the newest job of a course, or None."""
        with store_call():
            row = IndexingJobRow.objects.filter(course_id=course_id).order_by("-created_at").first()
            return _job(row) if row else None

    def staged(self, job_id: UUID, names: Collection[str] | None = None) -> list[StagedDocument]:
        """Return staged documents of a job by name."""
        with store_call():
            rows = StagedDocumentRow.objects.filter(job_id=job_id).order_by("name")
            return [_staged(row) for row in (rows if names is None else rows.filter(name__in=names))]

    def close(self, job_id: UUID) -> None:
        """Note that a job was published, and drop what it staged."""
        with store_write():
            IndexingJobRow.objects.filter(id=job_id).update(published_at=self._clock.now())
            row = IndexingJobRow.objects.get(id=job_id)
            # Older jobs of the course are done or dead: its batches run in order.
            done = IndexingJobRow.objects.filter(course=row.course_id, created_at__lte=row.created_at)
            StagedDocumentRow.objects.filter(job__in=done).delete()


def _course(row: CourseRow) -> Course:
    return Course(
        id=row.id,
        key=row.key,
        title=row.title,
        answer_from_exercises=row.answer_from_exercises,
        created_at=row.created_at,
    )


def _document(row: DocumentRow) -> CourseDocument:
    return CourseDocument(
        name=row.name,
        title=row.title,
        content_sha=row.content_sha,
        passages=row.passages,
        indexed_at=row.indexed_at,
    )


def _job(row: IndexingJobRow) -> IndexingJob:
    return IndexingJob(
        id=row.id,
        course_id=row.course_id,
        created_at=row.created_at,
        problems=tuple(Problem(**problem) for problem in row.problems),
        removals=tuple(row.removals),
        to_embed=row.to_embed,
        published_at=row.published_at,
    )


def _staged(row: StagedDocumentRow) -> StagedDocument:
    return StagedDocument(
        name=row.name,
        title=row.title,
        content_sha=row.content_sha,
        passages=tuple(_passage(passage) for passage in row.passages),
    )


def _passage(values: dict[str, Any]) -> Passage:
    heading_path = tuple(values.pop("heading_path"))
    return Passage(kind=PassageKind(values.pop("kind")), heading_path=heading_path, **values)
