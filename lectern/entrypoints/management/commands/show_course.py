"""`manage.py show_course <course_id>`: a course's state, documents and problems."""

from argparse import ArgumentParser
from collections.abc import Sequence
from typing import Any

from lectern.bootstrap import lectern
from lectern.entrypoints.console.command import LecternCommand
from lectern.entrypoints.console.tables import moment
from lectern.tutor.domain.course import Course, CourseDocument, CourseState


class Command(LecternCommand):
    """The state, a table of documents and the reasons for what is missing, or JSON."""

    help = "Show the state of a course, its documents, and which files could not be read and why."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the course and --json."""
        parser.add_argument("course_id")
        parser.add_argument("--json", action="store_true", help="write one JSON object")

    def run(self, *, course_id: str, json: bool, **_: Any) -> None:
        """Read and write."""
        tutor = lectern().tutor
        course = tutor.course_for(course_id)
        state, documents = tutor.state(course), tutor.documents(course)
        if json:
            self.print_json(_to_json(course, state, documents))
        else:
            self._print(course, state, documents)

    def _print(self, course: Course, state: CourseState, documents: Sequence[CourseDocument]) -> None:
        self.stdout.write(f"{course.id}: {course.title}")
        self.stdout.write(
            f"{state.state.value}; {state.documents} documents, {state.passages} passages, "
            f"indexed {moment(state.indexed_at)}; {state.batches_done} of {state.batches} batches done"
        )
        if state.concepts is None:
            self.stdout.write(
                "The server that has the concepts is away; the course can be asked all the same."
            )
        else:
            self.stdout.write(
                f"{state.concepts} concepts{'' if state.concepts_are_current else _old(course.id)}"
            )
        embedding = str(state.embedding or "")
        for line in filter(
            None, [embedding, state.error, *(f"Not read: {one.reason}" for one in state.problems)]
        ):
            self.stdout.write(line)
        self.stdout.write("")
        rows: list[Any] = [(one.name, one.title, one.passages, moment(one.indexed_at)) for one in documents]
        self.print_table("Documents", ("name", "title", "passages", "indexed"), rows)


def _old(course_id: str) -> str:
    return f", not those of the present material: python manage.py build_concepts {course_id}"


def _to_json(course: Course, state: CourseState, documents: Sequence[CourseDocument]) -> dict[str, Any]:
    return {
        "course_id": course.id,
        "title": course.title,
        "state": state.state.value,
        "error": state.error,
        "batches": state.batches,
        "batches_done": state.batches_done,
        "embedding": state.embedding and dict(state.embedding.to_json()),
        "passages": state.passages,
        "indexed_at": state.indexed_at and state.indexed_at.isoformat(),
        "concepts": state.concepts,
        "concepts_are_current": state.concepts_are_current,
        "problems": [dict(problem.to_json()) for problem in state.problems],
        "documents": [
            {
                "name": one.name,
                "title": one.title,
                "passages": one.passages,
                "indexed_at": one.indexed_at.isoformat(),
            }
            for one in documents
        ],
    }
