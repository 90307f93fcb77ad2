"""Courses, documents and indexing jobs on Django's ORM."""

import secrets
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet

from lectern.adapters.sql.calls import store_call, store_read, store_write
from lectern.adapters.sql.models import CourseRow, DocumentRow, IndexingJobRow, RunRow, StagedDocumentRow
from lectern.adapters.sql.time import StoreClock
from lectern.base.json import JsonObject
from lectern.engine.domain.run import UNFINISHED
from lectern.tutor.domain.answer import Mode
from lectern.tutor.domain.course import (
    Course,
    CourseDocument,
    EmbeddingProgress,
    IndexingJob,
    Problem,
    StagedDocument,
)
from lectern.tutor.domain.passage import Passage, PassageKind
from lectern.tutor.errors import UnknownCourse

# Read for each question, and written out: Django takes twice as long to build each as to execute it and read its rows.
_COURSE = """SELECT id, "key", title, answer_from_exercises, created_at, recalibration, mode
    FROM lectern_course WHERE id = %s"""
_DOCUMENTS = """SELECT id, course_id, name, title, content_sha, passages, indexed_at
    FROM lectern_document WHERE course_id = %s {named} ORDER BY name"""


class SqlCourses:
    """Implements `CourseCatalog`."""

    def __init__(self, clock: StoreClock | None = None) -> None:
        self._clock = clock or StoreClock()

    def get(self, course_id: str) -> Course | None:
        """Return a course, or None."""
        found = store_read(lambda: list(CourseRow.objects.raw(_COURSE, [course_id])))
        return _course(found[0]) if found else None

    def has_key(self, course_key: int) -> bool:
        """Return True when there is a course of that key, for what keeps things of courses outside of SQL."""
        with store_call():
            return CourseRow.objects.filter(key=course_key).exists()

    def all(self) -> list[Course]:
        """Return all courses by id."""
        with store_call():
            return [_course(row) for row in CourseRow.objects.order_by("id")]

    def add(self, course_id: str, title: str) -> Course:
        """Return the course of that id, made if it is new."""
        with store_write():
            # Random, not counted: an index that outlives its rows must not lend its passages to a later course.
            defaults = {"key": secrets.randbits(62), "title": title, "created_at": self._clock.now()}
            return _course(CourseRow.objects.get_or_create(id=course_id, defaults=defaults)[0])

    def configure(
        self,
        course_id: str,
        *,
        answer_from_exercises: bool | None = None,
        mode: Mode | None = None,
        recalibration: JsonObject | None = None,
    ) -> None:
        """Change what is given."""
        changes: dict[str, Any] = {}
        if answer_from_exercises is not None:
            changes["answer_from_exercises"] = answer_from_exercises
        if mode is not None:
            changes["mode"] = mode.value
        if recalibration is not None:
            changes["recalibration"] = recalibration or None
        with store_write():
            CourseRow.objects.filter(id=course_id).update(**changes)

    def remove(self, course_id: str) -> bool:
        """Delete a course with its documents and jobs."""
        with store_write(unlimited=True):
            return CourseRow.objects.filter(id=course_id).delete()[0] > 0

    def documents(self, course_id: str, names: Collection[str] | None = None) -> list[CourseDocument]:
        """Return the documents of a course by name; only those of `names` where given."""
        if names is None:
            statement, values = _DOCUMENTS.format(named=""), [course_id]
        elif not names:
            return []
        else:
            named = f"AND name IN ({', '.join(['%s'] * len(names))})"
            statement, values = _DOCUMENTS.format(named=named), [course_id, *names]
        rows = store_read(lambda: list(DocumentRow.objects.raw(statement, values)))
        return [_document(row) for row in rows]

    def record(self, course: Course, document: StagedDocument) -> None:
        """Note that a document's passages are in the index."""
        with store_write():
            # By its key: a course that was made anew under the same id is another one.
            if not CourseRow.objects.select_for_update().filter(id=course.id, key=course.key).exists():
                raise _removed(course.id)
            DocumentRow.objects.update_or_create(
                course_id=course.id,
                name=document.name,
                defaults={
                    "title": document.title,
                    "content_sha": document.content_sha,
                    "passages": len(document.passages),
                    "indexed_at": self._clock.now(),
                    "terms": {one.id: list(one.terms) for one in document.passages if one.terms},
                },
            )

    def terms(self, course_id: str, document: str) -> Mapping[str, tuple[str, ...]]:
        """Return the terms of a document by passage."""
        with store_call():
            rows = DocumentRow.objects.filter(course_id=course_id, name=document).values_list(
                "terms", flat=True
            )
            return {passage: tuple(terms) for passage, terms in ((rows and rows[0]) or {}).items()}

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
        job_id: UUID,
        course_id: str,
        documents: Sequence[StagedDocument],
        removals: Sequence[str],
        problems: Sequence[Problem],
        to_embed: int,
    ) -> IndexingJob:
        """Insert a job with its staged documents, in one transaction."""
        with store_write(unlimited=True):
            if not CourseRow.objects.select_for_update().filter(id=course_id).exists():
                raise _removed(course_id)
            row = IndexingJobRow.objects.create(
                id=job_id,
                course_id=course_id,
                created_at=self._clock.now(),
                problems=[problem.to_json() for problem in problems],
                removals=list(removals),
                to_embed=to_embed,
            )
            _stage(job_id, documents)
            return _job(row)

    def stage(
        self, job_id: UUID, documents: Sequence[StagedDocument], problems: Sequence[Problem], to_embed: int
    ) -> None:
        """Put documents in the place of what a job staged, in one transaction."""
        with store_write(unlimited=True):
            changes = {
                "problems": [problem.to_json() for problem in problems],
                "to_embed": to_embed,
                "embedded": 0,
            }
            if not IndexingJobRow.objects.filter(id=job_id).update(**changes):
                raise UnknownCourse("The course was deleted while its material was read.")
            StagedDocumentRow.objects.filter(job_id=job_id).delete()
            _stage(job_id, documents)

    def get(self, job_id: UUID) -> IndexingJob | None:
        """Return a job, or None."""
        with store_call():
            row = IndexingJobRow.objects.filter(id=job_id).first()
            return _job(row) if row else None

    def note(self, job_id: UUID, embedding: EmbeddingProgress) -> None:
        """Keep how far a job's embedding is, unless it is farther: a worker that lost its run may come late."""
        with store_write():
            IndexingJobRow.objects.filter(id=job_id, embedded__lte=embedding.passages).update(
                embedded=embedding.passages, per_second=embedding.per_second
            )

    def latest(self, course_id: str) -> IndexingJob | None:
        """Return the newest job of a course, or None."""
        with store_call():
            row = IndexingJobRow.objects.filter(course_id=course_id).order_by("-created_at").first()
            return _job(row) if row else None

    def previous(self, job_id: UUID) -> IndexingJob | None:
        """Return the job of the same course that was published last before this one, or None."""
        with store_call():
            this = IndexingJobRow.objects.filter(id=job_id).first()
            if this is None:
                return None
            published = IndexingJobRow.objects.filter(course=this.course_id, published_at__isnull=False)
            row = published.exclude(id=job_id).order_by("-published_at").first()
            return _job(row) if row else None

    def unfinished(self, course_id: str) -> list[IndexingJob]:
        """Return the jobs of a course whose runs have not all ended, oldest first."""
        with store_call():
            jobs = IndexingJobRow.objects.filter(Exists(_alive()), course_id=course_id)
            return [_job(row) for row in jobs.order_by("created_at")]

    def staged(self, job_id: UUID, names: Collection[str] | None = None) -> Iterator[StagedDocument]:
        """Yield staged documents of a job by name."""
        rows = StagedDocumentRow.objects.filter(job_id=job_id).order_by("name")
        with store_call(unlimited=True):
            ids = list((rows if names is None else rows.filter(name__in=names)).values_list("id", flat=True))
        for one in ids:
            with store_call(unlimited=True):
                row = StagedDocumentRow.objects.filter(id=one).first()
            if row:
                yield _staged(row)

    def close(self, job_id: UUID) -> None:
        """Note that a job was published, and drop what it staged."""
        with store_write(unlimited=True):
            IndexingJobRow.objects.filter(id=job_id).update(published_at=self._clock.now())
            row = IndexingJobRow.objects.filter(id=job_id).first()
            if row is None:
                raise UnknownCourse("The course was deleted while its material was published.")
            StagedDocumentRow.objects.filter(job_id=job_id).delete()
            # Of the older jobs of the course those are dead whose runs have ended: another one may still be submitting
            # its batches, and these follow.
            older = IndexingJobRow.objects.filter(
                course=row.course_id, created_at__lte=row.created_at - _SUBMITTED_WITHIN
            )
            StagedDocumentRow.objects.filter(job__in=older.exclude(Exists(_alive()))).delete()


#: An ingest writes its batches right after its job.
_SUBMITTED_WITHIN = timedelta(hours=1)


def _alive() -> QuerySet[RunRow]:
    """Return the unfinished runs of the job that a query is about."""
    return RunRow.objects.filter(group_id=OuterRef("id"), status__in=sorted(UNFINISHED))


def _removed(course_id: str) -> UnknownCourse:
    return UnknownCourse(f"The course {course_id!r} was deleted.", hint="What was given to it is not in.")


def _stage(job_id: UUID, documents: Sequence[StagedDocument]) -> None:
    rows = [
        StagedDocumentRow(
            job_id=job_id,
            name=document.name,
            title=document.title,
            content_sha=document.content_sha,
            passages=[asdict(passage) for passage in document.passages],
        )
        for document in documents
    ]
    StagedDocumentRow.objects.bulk_create(rows, batch_size=100)


def _course(row: CourseRow) -> Course:
    return Course(
        id=row.id,
        key=row.key,
        title=row.title,
        answer_from_exercises=row.answer_from_exercises,
        created_at=row.created_at,
        recalibration=row.recalibration or {},
        mode=Mode(row.mode),
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
        embedded=row.embedded,
        per_second=row.per_second,
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
    heading_path, terms = tuple(values.pop("heading_path")), tuple(values.pop("terms", ()))
    return Passage(kind=PassageKind(values.pop("kind")), heading_path=heading_path, terms=terms, **values)
