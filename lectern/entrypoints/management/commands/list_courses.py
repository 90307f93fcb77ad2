"""`manage.py list_courses`: all courses and whether they can be asked."""

from argparse import ArgumentParser
from typing import Any

from lectern.bootstrap import lectern
from lectern.entrypoints.console.command import LecternCommand
from lectern.entrypoints.console.tables import moment


class Command(LecternCommand):
    """A table, or JSON."""

    help = "List the courses, whether they can be asked, and how much they hold."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare --json."""
        parser.add_argument("--json", action="store_true", help="write one JSON list")

    def run(self, *, json: bool, **_: Any) -> None:
        """Read and write."""
        tutor = lectern().tutor
        found = [(course, tutor.state(course)) for course in tutor.courses()]
        if json:
            self.print_json(
                [
                    {
                        "course_id": course.id,
                        "title": course.title,
                        "state": state.state.value,
                        "documents": state.documents,
                        "passages": state.passages,
                        "indexed_at": state.indexed_at and state.indexed_at.isoformat(),
                    }
                    for course, state in found
                ]
            )
            return
        rows: list[Any] = [
            (
                course.id,
                course.title,
                state.state.value,
                state.documents,
                state.passages,
                moment(state.indexed_at),
            )
            for course, state in found
        ]
        self.print_table("Courses", ("id", "title", "state", "documents", "passages", "indexed"), rows)
