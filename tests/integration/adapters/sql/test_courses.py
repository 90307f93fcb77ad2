"""What the catalog of courses reads."""

from uuid import uuid4

from lectern.adapters.sql.courses import SqlCourses, SqlIndexingJobs
from lectern.tutor.domain.course import EmbeddingProgress, StagedDocument


def test_documents_are_read_by_name_or_all(db: None) -> None:
    courses = SqlCourses()
    for course in (courses.add("tea", "Tea"), courses.add("wine", "Wine")):
        for name in ("b.md", "a.md", "c.md"):
            courses.record(course, StagedDocument(name=name, title="", content_sha="", passages=()))
    found = [
        courses.documents("tea"),
        courses.documents("tea", {"c.md", "a.md", "gone.md"}),
        courses.documents("tea", ()),
    ]
    assert [[one.name for one in each] for each in found] == [["a.md", "b.md", "c.md"], ["a.md", "c.md"], []]


def test_promise_2_who_comes_late_takes_no_progress_back(db: None) -> None:
    SqlCourses().add("tea", "Tea")
    jobs, job_id = SqlIndexingJobs(), uuid4()
    jobs.open(job_id, "tea", (), (), (), to_embed=1000)
    for passages in (64, 320, 128):
        jobs.note(job_id, EmbeddingProgress(passages=passages, of=1000, per_second=2.0))
    job = jobs.get(job_id)
    assert job
    assert job.embedded == 320
