"""Publish: put what a job staged in the place of what the course had, some documents at a time."""

from uuid import UUID

from lectern.base.grouping import together
from lectern.tutor.errors import UnknownCourse
from lectern.tutor.ports import TOGETHER_PASSAGES, CourseCatalog, IndexingJobs, PassageIndex


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
        index.replace_documents(course.key, model, {one.name: one.passages for one in some})
        try:
            for document in some:
                courses.record(course, document)
        except UnknownCourse:  # removed in this moment, and with it what was in the index till now
            for document in some:
                index.remove_document(course.key, document.name)
            raise
        passages += sum(len(document.passages) for document in some)
    for name in job.removals:
        index.remove_document(course.key, name)
        courses.forget(course.id, name)
    jobs.close(job_id)
    return passages
