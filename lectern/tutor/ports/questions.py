"""Rows of what was asked, and of what teachers wrote where the course had no answer."""

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from lectern.tutor.domain.gap import (
    AnsweredQuestion,
    EndedQuestion,
    Feedback,
    Gaps,
    JudgedAnswer,
    Rating,
    TeacherAnswer,
)


class Questions(Protocol):
    """Answered questions, as they are remembered for teachers. One implementation, for the reason given at `CourseCatalog`."""

    def unrecorded(self, limit: int, run_id: UUID | None = None) -> list[EndedQuestion]:
        """Return answered questions of courses that there are, of which nothing is kept yet, oldest answer first.

        With `run_id` that run alone. Who asks again after recording what was returned comes to the end of them.
        """

    def record(self, questions: Sequence[AnsweredQuestion]) -> None:
        """Keep them. Harmless for those that are kept already, and for those whose course is gone."""

    def rate(self, run_id: UUID, rating: Rating, comment: str) -> Feedback | None:
        """Keep a student's word on an answer in the place of an earlier one; None when nothing is kept of that run.

        The same word again changes nothing, its time neither.
        """

    def gaps(
        self, course_id: str, low_below: float, limit: int, offset: int, questions: int, comments: int
    ) -> Gaps:
        """Return a page of sections with declined, low (below `low_below`, unless rated up) or down-rated questions.

        Each section has at most `questions` groups of questions that are alike, and at most `comments`.
        """

    def judged(self, course_id: str, limit: int) -> list[JudgedAnswer]:
        """Return answers that were rated and whose features are known, hints and refusals left out, newest first."""

    def drop(self, older_than_seconds: float, limit: int) -> int:
        """Delete at most `limit` questions that were answered longer ago; return how many."""


class TeacherAnswers(Protocol):
    """What teachers wrote. One implementation, for the reason given at `CourseCatalog`."""

    def put(self, course_id: str, answer_id: str, question: str, alike: str, text: str) -> TeacherAnswer:
        """Keep an answer in the place of an earlier one of that id; questions like it count as answered from now on.

        Raises `UnknownCourse`.
        """

    def get(self, course_id: str, answer_id: str) -> TeacherAnswer | None:
        """Return an answer, or None."""

    def like(self, course_id: str, alike: str) -> TeacherAnswer | None:
        """Return the answer to questions that are alike, or None."""

    def all(self, course_id: str, limit: int | None = None, offset: int = 0) -> list[TeacherAnswer]:
        """Return the answers of a course by id; `limit` is None for all that follow `offset`."""

    def count(self, course_id: str) -> int:
        """Return how many answers a course has."""

    def remove(self, course_id: str, answer_id: str) -> bool:
        """Delete an answer; its questions are open again. False when there was none."""
