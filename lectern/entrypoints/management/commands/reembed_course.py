"""`manage.py reembed_course <course_id>`: embed a course's passages once more, by the model that is set now."""

import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from lectern.bootstrap import lectern
from lectern.entrypoints.console.command import LecternCommand
from lectern.entrypoints.console.indexing import finish, finish_earlier
from lectern.tutor.domain.course import IndexingState


class Command(LecternCommand):
    """Returns when the course is searched by the new vectors; its material is not needed."""

    help = "Embed the passages of a course anew, after EMBEDDING_MODEL was changed. Answers go by words meanwhile."
    interrupted = "Stopped. Workers go on with what was begun; without them, give the command once more."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the course."""
        parser.add_argument("course_id")

    def run(self, *, course_id: str, **_: Any) -> None:
        """Embed, publish, report."""
        began, here = time.monotonic(), lectern()
        course = here.tutor.course_for(course_id)
        # Before anything is submitted: a model that cannot be used is told at once.
        here.tutor.indexing.embeddings.embed_query("What is Lectern?")
        finish_earlier(course.id)
        job = here.curator.embed_anew(course)
        finish(here.tutor.batches(job))
        state = here.tutor.state(course)
        if state.state is not IndexingState.READY or state.error:
            raise CommandError(state.error or f"The course is {state.state.value}.")
        self.stdout.write(
            f"{course.id} can be asked: {state.passages} passages, embedded by {here.tutor.indexing.model}, "
            f"{time.monotonic() - began:.1f} s."
        )
