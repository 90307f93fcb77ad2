"""`manage.py build_concepts <course_id>`: find the concepts of a course that has none, or those of older material."""

import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from lectern.bootstrap import lectern
from lectern.entrypoints.console.command import LecternCommand
from lectern.entrypoints.console.indexing import finish


class Command(LecternCommand):
    """Returns when they can be read; the course's files are not needed."""

    help = "Find the concepts of a course in its passages, as every ingest and upload does. Needs no files."
    interrupted = "Stopped. A worker goes on with it; without one, give the command once more."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the course."""
        parser.add_argument("course_id")

    def run(self, *, course_id: str, **_: Any) -> None:
        """Build and report."""
        began, here = time.monotonic(), lectern()
        course = here.tutor.course_for(course_id)
        # It waits for what is under way for the course: these runs are of one thread.
        waiting = [run for job in here.tutor.unfinished_jobs(course.id) for run in here.tutor.batches(job)]
        finish([*waiting, *here.tutor.batches(here.tutor.build_concepts(course))], "Reading")
        state = here.tutor.state(course)
        if not state.concepts_are_current:
            raise CommandError(
                "The concepts could not be built; the log line renew_concepts says why. The course can be asked all the same."
            )
        self.stdout.write(
            f"{course.id} has {state.concepts} concepts, found in {state.passages} passages, "
            f"{time.monotonic() - began:.1f} s."
        )
