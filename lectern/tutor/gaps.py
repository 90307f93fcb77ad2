"""Gaps: what a course could not answer, what students say of its answers, and what its teacher answers instead."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from lectern.engine.domain.run import Run, RunStatus
from lectern.engine.engine import Engine
from lectern.engine.errors import NotEnded, unknown
from lectern.tutor.answering.recording import alike, answer_id, recorded
from lectern.tutor.curator import Curator
from lectern.tutor.domain.course import Course, CourseDocument
from lectern.tutor.domain.gap import (
    LOW_BELOW,
    Feedback,
    Gaps,
    JudgedAnswer,
    Rating,
    TeacherAnswer,
    answer_markdown,
    document_of,
)
from lectern.tutor.errors import NoAnswer, UnknownAnswer, UnknownCourse
from lectern.tutor.ports.courses import CourseCatalog
from lectern.tutor.ports.questions import Questions, TeacherAnswers
from lectern.tutor.workload import TUTOR

#: Questions that are copied in one go, and how often that is repeated while somebody waits.
_AT_ONCE, _ROUNDS_WHILE_WAITING = 200, 20
#: For so long answered questions are remembered: a year of courses.
KEPT_SECONDS = 365 * 24 * 3600.0
#: Groups of like questions, and comments, that a section shows.
_QUESTIONS, _COMMENTS = 5, 3
_MOST_JUDGED = 20_000


@dataclass(frozen=True, kw_only=True)
class TeacherDesk:
    """What entry points ask of feedback, gaps and teachers' answers. All methods block."""

    engine: Engine
    curator: Curator
    courses: CourseCatalog
    questions: Questions
    answers: TeacherAnswers

    # --- feedback ---------------------------------------------------------------------------------------------------

    def rate(self, run_id: UUID, student_id: str, rating: Rating, comment: str) -> Feedback:
        """Keep what a student says of an answer, in the place of what was said before.

        Raises `UnknownRun` for a task that is not the student's, `NotEnded`, `NoAnswer`, and `UnknownCourse` when the course
        was deleted.
        """
        run = self.engine.get(run_id)
        if run.owner != student_id:
            raise unknown(run_id)
        if not run.ended:
            raise NotEnded(
                f"Task {run_id} has not ended yet, so there is nothing to judge.", run_id=str(run_id)
            )
        if run.workload != TUTOR or run.status is not RunStatus.SUCCEEDED:
            raise NoAnswer(
                f"Task {run_id} has no answer that could be judged.",
                hint="Only questions that ended as SUCCESS have one.",
            )
        # Whatever ended before it comes first: what is kept tells where the next copying begins.
        self.gather()
        self._gather(rounds=1, run_id=run_id)
        kept = self.questions.rate(run_id, rating, comment)
        if kept is None:
            raise UnknownCourse(
                f"The course {run.tenant!r} was deleted.", hint="What is said of its answers is not kept."
            )
        return kept

    def judged_answers(self, course: Course) -> list[JudgedAnswer]:
        """Return the answers of a course that students judged, newest first: what a fit of the confidence learns from."""
        self.gather()
        return self.questions.judged(course.id, _MOST_JUDGED)

    # --- gaps -------------------------------------------------------------------------------------------------------

    def gaps(self, course: Course, limit: int, offset: int) -> Gaps:
        """Return a page of the sections near which the course did not answer, or not well."""
        self._gather(rounds=_ROUNDS_WHILE_WAITING)
        return self.questions.gaps(course.id, LOW_BELOW, limit, offset, _QUESTIONS, _COMMENTS)

    def gather(self) -> int:
        """Keep what was answered since the last time; return how many questions. Must come before results are forgotten."""
        return self._gather()

    def forget(self) -> int:
        """Keep what is new, delete what is older than a year; return how many that was."""
        self.gather()
        deleted = 0
        while gone := self.questions.drop(KEPT_SECONDS, _AT_ONCE):
            deleted += gone
        return deleted

    def _gather(self, rounds: int | None = None, run_id: UUID | None = None) -> int:
        kept = 0
        while rounds is None or rounds > 0:
            found = self.questions.unrecorded(_AT_ONCE, run_id)
            if found:
                self.questions.record([recorded(one) for one in found])
            kept += len(found)
            if len(found) < _AT_ONCE:
                break
            rounds = None if rounds is None else rounds - 1
        return kept

    # --- teachers' answers ------------------------------------------------------------------------------------------

    def answer(self, course: Course, question: str, text: str) -> tuple[TeacherAnswer, Run]:
        """Make a teacher's answer a document of the course, in the place of an earlier one to such a question.

        Returns it with the run that indexes it. Raises `UnknownCourse`, `SpoolFull`.
        """
        key = alike(question)
        earlier = self.answers.like(course.id, key)
        name = earlier.id if earlier else answer_id(question)
        run = self.curator.upload_texts(course, {document_of(name): answer_markdown(question, text)})
        # What was asked before must be there to count as answered.
        self._gather(rounds=_ROUNDS_WHILE_WAITING)
        return self.answers.put(course.id, name, question, key, text), run

    def teacher_answers(
        self, course: Course, limit: int | None = None, offset: int = 0
    ) -> Sequence[tuple[TeacherAnswer, CourseDocument | None]]:
        """Return a page of the answers of a course by id, or all, each with its document once that is indexed."""
        documents = {document.name: document for document in self.courses.documents(course.id)}
        page = self.answers.all(course.id, limit, offset)
        return [(one, documents.get(one.document)) for one in page]

    def remove_answer(self, course: Course, name: str) -> Run:
        """Remove a teacher's answer and have its document removed; return the run that does it. Raises `UnknownAnswer`."""
        answer = self.answers.get(course.id, name)
        if answer is None:
            raise UnknownAnswer(f"{course.id} has no teacher's answer {name!r}.", hint="Its list names them.")
        return self.curator.drop_document(course, answer.document)
