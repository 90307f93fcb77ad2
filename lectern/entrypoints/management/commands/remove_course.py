"""`manage.py remove_course <course_id>`: delete a course with its passages."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from lectern.bootstrap import lectern
from lectern.entrypoints.console.asking import confirmed
from lectern.entrypoints.console.command import LecternCommand

_KEPT = "Nothing was deleted. Answer y, or give --yes."


class Command(LecternCommand):
    """Asks first, unless told not to."""

    help = "Delete a course with its passages. Conversations about it stay readable."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the course, --yes and --json."""
        parser.add_argument("course_id")
        parser.add_argument("--yes", action="store_true", help="do not ask")
        parser.add_argument("--json", action="store_true", help="write one JSON object; needs --yes")

    def run(self, *, course_id: str, yes: bool, json: bool, **_: Any) -> None:
        """Ask and delete."""
        here = lectern()
        course = here.tutor.course_for(course_id)
        passages = here.tutor.state(course).passages
        question = f"Delete {course.id} ({course.title}) with {passages} passages? [y/N] "
        if not yes and (json or not confirmed(question)):
            raise CommandError(_KEPT)
        here.curator.remove(course.id)
        if json:
            self.print_json({"course_id": course.id, "passages": passages})
        else:
            self.stdout.write(f"{course.id} is gone, with {passages} passages.")
