"""Publish: put what a job staged in the place of what the course had, document by document."""

from uuid import UUID

from lectern.tutor.errors import UnknownCourse
from lectern.tutor.ports import CourseCatalog, IndexingJobs, PassageIndex


def publish(
    job_id: UUID, *, jobs: IndexingJobs, courses: CourseCatalog, index: PassageIndex, model: str
) -> int:
    """Bring a job's documents into the index, remove what the material no longer has, close the job.

    Each document changes in one transaction of the index; a row is written after it. Begun again after a crash it does
    the same once more. Returns the number of passages. Raises `UnknownCourse` when the course was removed meanwhile,
    `IndexUnavailable` when vectors are missing because a batch before it failed.
    """
    job = jobs.get(job_id)
    course = courses.get(job.course_id) if job else None
    if job is None or course is None:
        raise UnknownCourse("The course was deleted before its material was published.")
    passages = 0
    for document in jobs.staged(job_id):
        index.replace_document(course.key, document.name, model, document.passages)
        try:
            courses.record(course, document)
        except UnknownCourse:  # removed in this moment, and with it what was in the index till now
            index.remove_document(course.key, document.name)
            raise
        passages += len(document.passages)
    for name in job.removals:
        index.remove_document(course.key, name)
        courses.forget(course.id, name)
    jobs.close(job_id)
    return passages
