"""Publish: put what a job staged in the place of what the course had, some documents at a time."""

from collections.abc import Sequence
from uuid import UUID

from lectern.base.grouping import together
from lectern.tutor.domain.course import Course, StagedDocument
from lectern.tutor.errors import IndexUnavailable, UnknownCourse
from lectern.tutor.ports.courses import CourseCatalog, IndexingJobs
from lectern.tutor.ports.passages import TOGETHER_PASSAGES, PassageIndex


def publish(
    job_id: UUID,
    *,
    jobs: IndexingJobs,
    courses: CourseCatalog,
    index: PassageIndex,
    model: str,
    anew: bool = False,
) -> int:
    """Bring a job's documents into the index, remove what the material no longer has, close the job.

    `anew`: they are what the course had when the job was made; one that was changed or removed since stays so.
    Each document changes in one transaction of the index; rows are written after a few of them. Begun again after a crash it does
    the same once more. Returns the number of passages. Raises `UnknownCourse` when the course was removed meanwhile,
    `IndexUnavailable` when vectors are missing because a batch before it failed.
    """
    job = jobs.get(job_id)
    course = courses.get(job.course_id) if job else None
    if job is None or course is None:
        raise UnknownCourse("The course was deleted before its material was published.")
    passages = 0
    have = {document.name: document.content_sha for document in courses.documents(course.id)}
    staged = (
        document
        for document in jobs.staged(job_id)
        if not anew or have.get(document.name) == document.content_sha
    )
    for some in together(staged, lambda document: len(document.passages), TOGETHER_PASSAGES):
        try:
            _put(some, course, courses=courses, index=index, model=model)
        except IndexUnavailable:  # for one of them: those before it are to be published
            if len(some) == 1:
                raise
            for document in some:
                _put([document], course, courses=courses, index=index, model=model)
        passages += sum(len(document.passages) for document in some)
    for name in job.removals:
        index.remove_document(course.key, name)
        courses.forget(course.id, name)
    jobs.close(job_id)
    return passages


def _put(
    documents: Sequence[StagedDocument],
    course: Course,
    *,
    courses: CourseCatalog,
    index: PassageIndex,
    model: str,
) -> None:
    """Have documents found, and record that they are. Raises `UnknownCourse` where the course was removed meanwhile."""
    index.replace_documents(course.key, model, {one.name: one.passages for one in documents})
    try:
        for document in documents:
            courses.record(course, document)
    except UnknownCourse:  # removed in this moment, and with it what was in the index till now
        for document in documents:
            index.remove_document(course.key, document.name)
        raise
