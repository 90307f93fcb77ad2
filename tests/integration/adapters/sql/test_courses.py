"""What the catalog of courses reads."""

from lectern.adapters.sql.courses import SqlCourses
from lectern.tutor.domain.course import StagedDocument


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
