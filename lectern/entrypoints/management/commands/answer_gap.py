"""`manage.py answer_gap <course_id> <question>`: answer a question as the teacher; or list, or remove, such answers."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from lectern.bootstrap import lectern
from lectern.engine.domain.run import Run
from lectern.entrypoints.console.command import LecternCommand
from lectern.entrypoints.console.indexing import finish, finish_earlier
from lectern.entrypoints.console.tables import moment, shortened
from lectern.entrypoints.http.gaps import answer_body
from lectern.entrypoints.http.requests import checked_answer
from lectern.tutor.domain.course import Course, IndexingState

_QUESTION_CHARACTERS, _ANSWER_CHARACTERS = 80, 120


class Command(LecternCommand):
    """Returns when the answer is found by questions, or is gone."""

    help = (
        "Answer a question of a course as its teacher, in Markdown. It is cited as a source from then on, and its gap counts "
        "as answered. Given again for such a question, a text takes the place of the earlier one."
    )
    interrupted = "Stopped. Workers go on with what was begun; without them, give the command once more."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare course, question, and where the text comes from."""
        parser.add_argument("course_id")
        parser.add_argument("question", nargs="?", default="", help="as a student would ask it")
        parser.add_argument("--text", help="the answer")
        parser.add_argument(
            "--file", type=Path, help="a file that holds the answer; without both: standard input"
        )
        parser.add_argument("--list", action="store_true", help="list the answers that there are")
        parser.add_argument("--remove", metavar="ID", help="remove an answer; --list shows its id")
        parser.add_argument("--json", action="store_true", help="write one JSON value")

    def run(
        self,
        *,
        course_id: str,
        question: str,
        text: str | None,
        file: Path | None,
        list: bool,
        remove: str | None,
        json: bool,
        **_: Any,
    ) -> None:
        """Write, list or remove."""
        here = lectern()
        course = here.tutor.course_for(course_id)
        if list:
            self._list(course, json)
            return
        if remove:
            finish_earlier(course.id)
            self._finish(course, here.desk.remove_answer(course, remove))
            done = {"course_id": course.id, "removed": remove}
            self._tell(json, done, f"{course.id} has the answer {remove} no more; its gap is open again.")
            return
        asked, written = checked_answer(question, _text(text, file))
        finish_earlier(course.id)
        answer, run = here.desk.answer(course, asked, written)
        self._finish(course, run)
        done = {"course_id": course.id, "answer_id": answer.id, "document": answer.document}
        self._tell(json, done, f"{course.id} answers it from now on, citing {answer.document}.")

    def _list(self, course: Course, json: bool) -> None:
        answers = lectern().desk.teacher_answers(course)
        if json:
            self.print_json([answer_body(answer, document) for answer, document in answers])
            return
        rows: Any = [
            (
                answer.id,
                shortened(answer.question, _QUESTION_CHARACTERS),
                shortened(answer.text, _ANSWER_CHARACTERS),
                moment(document.indexed_at if document else None),
            )
            for answer, document in answers
        ]
        self.print_table("Teacher's answers", ("id", "question", "answer", "indexed"), rows)

    def _finish(self, course: Course, run: Run) -> None:
        finish([run])
        state = lectern().tutor.state(course)
        if state.state is IndexingState.FAILED:
            raise CommandError(state.error or "It was not indexed.")

    def _tell(self, json: bool, done: dict[str, str], sentence: str) -> None:
        if json:
            self.print_json(done)
        else:
            self.stdout.write(sentence)


def _text(text: str | None, file: Path | None) -> str:
    if text is not None:
        return text
    if file is None:
        return sys.stdin.read()
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as exc:
        why = exc.strerror if isinstance(exc, OSError) else "it is no UTF-8 text"
        raise CommandError(f"{file} cannot be read: {why}.") from exc
