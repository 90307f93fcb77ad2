"""`manage.py build_concepts <course_id>`: find the concepts of a course that has none, or those of older material."""

import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from lectern.base.errors import LecternError
from lectern.bootstrap import lectern
from lectern.entrypoints.console.command import LecternCommand
from lectern.entrypoints.console.consulting import consult
from lectern.entrypoints.console.indexing import finish, finish_earlier


class Command(LecternCommand):
    """Returns when they can be read; the course's files are not needed."""

    help = "Find the concepts of a course in its passages, as every ingest and upload does. Needs no files."
    interrupted = "Stopped. What a model read is kept. A worker goes on with the rest; without one, give the command once more."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the course, --with-model, --budget and --yes."""
        parser.add_argument("course_id")
        parser.add_argument(
            "--with-model", action="store_true", help="have the language model of LLM_MODEL name concepts too"
        )
        parser.add_argument("--budget", type=int, help="tokens it may use; LLM_CONCEPTS_BUDGET without")
        parser.add_argument("--yes", action="store_true", help="do not ask before the model is used")

    def run(self, *, course_id: str, with_model: bool, budget: int | None, yes: bool, **_: Any) -> None:
        """Read, build and report."""
        if budget is not None and not with_model:
            raise CommandError("--budget is for --with-model: without it no model is asked.")
        here, came = lectern(), None
        course = here.tutor.course_for(course_id)
        if with_model:
            finish_earlier(course.id)
            came = consult(course, budget, yes=yes, write=self.stdout.write)
        began = time.monotonic()
        # It waits for what is under way for the course: these runs are of one thread.
        waiting = [run for job in here.tutor.unfinished_jobs(course.id) for run in here.tutor.batches(job)]
        finish([*waiting, *here.tutor.batches(here.curator.build_concepts(course))], "Reading")
        state = here.tutor.state(course)
        if not state.concepts_are_current:
            raise CommandError(
                "The concepts could not be built; the log line renew_concepts says why. The course can be asked all the same."
            )
        self.stdout.write(
            f"{course.id} has {state.concepts} concepts, found in {state.passages} passages, "
            f"{time.monotonic() - began:.1f} s."
        )
        if came and came.error:
            raise CommandError(
                f"The model has not read all: {came.error}{_reason(came.error)} What it read is kept; the same command goes on."
            )


def _reason(error: LecternError) -> str:
    reason = error.details.get("reason")
    return f" ({reason})" if reason else ""
