"""`manage.py course_mode <course_id> [answer|hint]`: what students of a course get."""

from argparse import ArgumentParser
from typing import Any

from lectern.bootstrap import lectern
from lectern.entrypoints.console.command import LecternCommand
from lectern.tutor.domain.answer import Mode

_SAYS = {
    Mode.ANSWER: "{} answers its questions; a question may ask for a hint instead.",
    Mode.HINT: "{} gives hints, whatever a question asks for.",
}


class Command(LecternCommand):
    """Sets the mode, or shows it."""

    help = "Have a course answer its students' questions, or give hints that leave the solution to them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare course, mode and --json."""
        parser.add_argument("course_id")
        parser.add_argument(
            "mode", nargs="?", choices=[mode.value for mode in Mode], help="without it: show which it is"
        )
        parser.add_argument("--json", action="store_true", help="write one JSON object")

    def run(self, *, course_id: str, mode: str | None, json: bool, **_: Any) -> None:
        """Set and tell."""
        here = lectern()
        course = here.tutor.course_for(course_id)
        if mode:
            here.curator.set_mode(course.id, Mode(mode))
        now = Mode(mode) if mode else course.mode
        if json:
            self.print_json({"course_id": course.id, "mode": now.value})
        else:
            self.stdout.write(_SAYS[now].format(course.id))
