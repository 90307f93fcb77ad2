"""`manage.py calibrate <course_id>…`: correct the confidences of courses by what their students judged."""

from argparse import ArgumentParser
from collections.abc import Sequence
from typing import Any

from django.core.management.base import CommandError

from lectern.bootstrap import lectern
from lectern.entrypoints.console.command import LecternCommand
from lectern.tutor.confidence.recalibrating import Recalibration


class Command(LecternCommand):
    """A line for each course and kind of answer: what was corrected, or why nothing was."""

    help = "Correct the confidences of courses by the answers that their students judged; holds from the next answer on."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the courses and --forget."""
        parser.add_argument("course_ids", nargs="+", metavar="course_id")
        parser.add_argument("--forget", action="store_true", help="take back what earlier corrections did")

    def run(self, *, course_ids: Sequence[str], forget: bool, **_: Any) -> None:
        """Correct, report; fail when no course was corrected."""
        here = lectern()
        courses = [here.tutor.course_for(course_id) for course_id in course_ids]
        if forget:
            for course in courses:
                here.curator.forget_recalibration(course)
                self.stdout.write(f"{course.id}: confidences are as the shipped calibration has them.")
            return
        found = {
            course.id: here.curator.recalibrate(course, here.desk.judged_answers(course))
            for course in courses
        }
        for course_id, kinds in found.items():
            for kind, outcome in kinds.items():
                self.stdout.write(f"{course_id}, {kind.value} answers: {_told(outcome)}")
        if not any(
            isinstance(outcome, Recalibration) for kinds in found.values() for outcome in kinds.values()
        ):
            raise CommandError("Nothing was corrected.")


def _told(outcome: Recalibration | str) -> str:
    if isinstance(outcome, str):
        return outcome
    return (
        f"corrected by {outcome.judged} judged answers, {outcome.right} of them right; slope {outcome.slope:.2f}, "
        f"intercept {outcome.intercept:+.2f}; Brier score {outcome.brier_before:.4f} before, "
        f"{outcome.brier_after:.4f} after (cross-validated)."
    )
