"""`manage.py ingest_course <course_id> <path>…`: bring a course up to date with its material."""

import re
import time
from argparse import ArgumentParser, ArgumentTypeError, BooleanOptionalAction
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from lectern.bootstrap import lectern
from lectern.entrypoints.console.command import LecternCommand
from lectern.entrypoints.console.indexing import finish, finish_earlier
from lectern.entrypoints.console.progress import progress
from lectern.tutor.domain.course import COURSE_ID, IndexingJob, IndexingState, readable
from lectern.tutor.errors import UnknownCourse


class Command(LecternCommand):
    """Returns when the course can be asked; exit status 1 when any file could not be read."""

    help = (
        "Read PDF, DOCX, PPTX, notebooks, EPUB, Markdown, HTML, plain text or CNXML into a course. What is given is the "
        "course's whole material: "
        "unchanged passages are kept, changed ones replaced, files that are gone removed."
    )
    interrupted = (
        "Stopped. Workers go on with what was begun; without them, the next ingest of this course does."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare course, paths, title, and what answers may be made of."""
        parser.add_argument("course_id", help="letters, digits, _ - and . (at most 100)")
        parser.add_argument("paths", nargs="+", type=_path, metavar="path", help="a file or folder")
        parser.add_argument("--title", default="", help="the course's name for people, when it is new")
        parser.add_argument(
            "--answer-from-exercises",
            action=BooleanOptionalAction,
            help="let answers quote exercises and their solutions, from now on (a new course: no)",
        )
        parser.add_argument(
            "--if-new",
            action="store_true",
            help="do nothing when the course has material, or is being given some",
        )
        parser.add_argument(
            "--no-wait",
            action="store_true",
            help="return when the batches wait in their queue, for workers to do",
        )

    def run(
        self,
        *,
        course_id: str,
        paths: list[Path],
        title: str,
        answer_from_exercises: bool | None,
        if_new: bool,
        no_wait: bool,
        **_: Any,
    ) -> None:
        """Read, embed, publish, report."""
        if not re.fullmatch(COURSE_ID, course_id):
            raise CommandError(
                f"{course_id!r} is no course id: use 1 to 100 letters, digits, '_', '-' or '.', not '.' first."
            )
        began, here = time.monotonic(), lectern()
        if if_new and not here.tutor.is_new(course_id):
            self.stdout.write(f"{course_id} has material already; nothing was read.")
            return
        if not no_wait:
            finish_earlier(course_id)
        elif here.tutor.unfinished_jobs(course_id):
            raise CommandError(
                "An earlier ingest of this course has not ended, so nothing was read. Try again when it has."
            )
        before = _contents(course_id)
        with progress("Reading", "files") as step:
            job = here.curator.ingest(course_id, title or readable(course_id), paths, lambda _path: step())
        if answer_from_exercises is not None:
            here.curator.set_answer_from_exercises(course_id, answer_from_exercises)
        for problem in job.problems:
            self.stderr.write(problem.reason)
        batches = here.tutor.batches(job)
        if no_wait and batches:
            self.stdout.write(f"{course_id} waits for a worker, which has {job.to_embed} passages to embed.")
        else:
            finish(batches)
            self._report(job, before, time.monotonic() - began)
        if unread := sum(not problem.partial for problem in job.problems):
            raise CommandError(f"{unread} could not be read, as told above; the rest can be asked.")

    def _report(self, job: IndexingJob, before: Mapping[str, str], seconds: float) -> None:
        tutor = lectern().tutor
        state = tutor.state(tutor.course_for(job.course_id))
        if state.state is not IndexingState.READY:
            raise CommandError(state.error or f"The course is {state.state.value}.")
        self.stdout.write(
            f"{job.course_id} can be asked: {_difference(before, _contents(job.course_id))}, "
            f"{state.passages} passages, {job.to_embed} of them embedded now, {seconds:.1f} s."
        )


def _path(text: str) -> Path:
    # Path("") is the folder one is in: an unset variable of a script must not ingest that.
    if not text.strip():
        raise ArgumentTypeError("a path is empty")
    return Path(text)


def _contents(course_id: str) -> dict[str, str]:
    """Return the course's documents by name, with the hash of their content."""
    tutor = lectern().tutor
    try:
        return {one.name: one.content_sha for one in tutor.documents(tutor.course_for(course_id))}
    except UnknownCourse:
        return {}


def _difference(before: Mapping[str, str], after: Mapping[str, str]) -> str:
    new = len(after.keys() - before.keys())
    same = len(after.items() & before.items())
    changed, removed = len(after) - new - same, len(before.keys() - after.keys())
    return f"{len(after)} document{'s' * (len(after) != 1)} ({new} new, {changed} changed, {same} unchanged, {removed} removed)"
