"""Take in: read the files of an upload, and stage what they add to a course or change in it."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from lectern.tutor.domain.course import Problem
from lectern.tutor.errors import UnknownCourse
from lectern.tutor.ingest.planning import Slice, known_to, plan, recorded, still_left_out
from lectern.tutor.ingest.reading import read_files
from lectern.tutor.ingest.spooling import Spool
from lectern.tutor.ports.courses import CourseCatalog, IndexingJobs
from lectern.tutor.ports.passages import PassageIndex


@dataclass(frozen=True, kw_only=True)
class TakenIn:
    """What must be done for an upload that was read."""

    batches: tuple[tuple[Slice, ...], ...]
    problems: tuple[Problem, ...]


def take_in(
    job_id: UUID,
    names: Sequence[str],
    *,
    jobs: IndexingJobs,
    courses: CourseCatalog,
    index: PassageIndex,
    model: str,
    spool: Spool,
) -> TakenIn:
    """Read an upload's files, called `names`, and stage them in its job; what they do not name stays as it is.

    Done twice it comes to the same. Raises `UnknownCourse` when the course was removed meanwhile, `UploadLost`, and
    `NothingToIngest` when none of the files can be read.
    """
    job = jobs.get(job_id)
    course = courses.get(job.course_id) if job else None
    if job is None or course is None:
        raise UnknownCourse("The course was deleted before the uploaded files were read.")
    if job.published_at:  # and only what came after it was lost: its files are gone
        return TakenIn(batches=(), problems=job.problems)
    known = recorded(course, courses, index, model)
    material = read_files(spool.files(job_id, names), known=known_to(known))
    todo = plan(material, known, index, model)
    problems = (*material.problems, *still_left_out(material, jobs.previous(job_id)))
    jobs.stage(job_id, todo.documents, problems, todo.to_embed)
    return TakenIn(batches=todo.batches, problems=problems)
