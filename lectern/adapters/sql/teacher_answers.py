"""Teachers' answers on Django's ORM."""

from lectern.adapters.sql.calls import store_call, store_write
from lectern.adapters.sql.models import CourseRow, QuestionRow, TeacherAnswerRow
from lectern.adapters.sql.time import StoreClock
from lectern.tutor.domain.gap import TeacherAnswer
from lectern.tutor.errors import UnknownCourse


class SqlTeacherAnswers:
    """Implements `TeacherAnswers`."""

    def __init__(self, clock: StoreClock | None = None) -> None:
        self._clock = clock or StoreClock()

    def put(self, course_id: str, answer_id: str, question: str, alike: str, text: str) -> TeacherAnswer:
        """Keep an answer in the place of an earlier one of that id."""
        with store_write():
            if not CourseRow.objects.select_for_update().filter(id=course_id).exists():
                raise UnknownCourse(
                    f"The course {course_id!r} was deleted.", hint="What was given to it is not in."
                )
            now = self._clock.now()
            given = {"question": question, "alike": alike, "text": text, "updated_at": now}
            row, _made = TeacherAnswerRow.objects.update_or_create(
                course_id=course_id,
                slug=answer_id,
                defaults=given,
                create_defaults={**given, "created_at": now},
            )
            QuestionRow.objects.filter(course_id=course_id, alike=alike).update(answer=row)
            return _answer(row)

    def get(self, course_id: str, answer_id: str) -> TeacherAnswer | None:
        """Return an answer, or None."""
        with store_call():
            row = TeacherAnswerRow.objects.filter(course_id=course_id, slug=answer_id).first()
            return _answer(row) if row else None

    def like(self, course_id: str, alike: str) -> TeacherAnswer | None:
        """Return the answer to questions that are alike, or None."""
        with store_call():
            rows = TeacherAnswerRow.objects.filter(course_id=course_id, alike=alike)
            row = rows.order_by("slug").first()
            return _answer(row) if row else None

    def all(self, course_id: str, limit: int | None = None, offset: int = 0) -> list[TeacherAnswer]:
        """Return the answers of a course by id; `limit` is None for all that follow `offset`."""
        with store_call():
            rows = TeacherAnswerRow.objects.filter(course_id=course_id).order_by("slug")
            return [_answer(row) for row in rows[offset : None if limit is None else offset + limit]]

    def count(self, course_id: str) -> int:
        """Return how many answers a course has."""
        with store_call():
            return TeacherAnswerRow.objects.filter(course_id=course_id).count()

    def remove(self, course_id: str, answer_id: str) -> bool:
        """Delete an answer; its questions are open again."""
        with store_write():
            return TeacherAnswerRow.objects.filter(course_id=course_id, slug=answer_id).delete()[0] > 0


def _answer(row: TeacherAnswerRow) -> TeacherAnswer:
    return TeacherAnswer(
        id=row.slug,
        question=row.question,
        alike=row.alike,
        text=row.text,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )
