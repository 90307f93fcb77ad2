"""Answered questions on Django's ORM: copied from turns after their runs ended, never while one is executed."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, Max, Min, OuterRef, Q, QuerySet

from lectern.adapters.sql.calls import store_call, store_write
from lectern.adapters.sql.models import CourseRow, QuestionRow, RunRow, TurnRow
from lectern.adapters.sql.time import StoreClock
from lectern.engine.domain.run import RunStatus
from lectern.tutor.domain.answer import Mode
from lectern.tutor.domain.gap import (
    AnsweredQuestion,
    EndedQuestion,
    Feedback,
    Gap,
    GapQuestion,
    Gaps,
    JudgedAnswer,
    Rating,
    document_of,
)
from lectern.tutor.workload import TUTOR

#: A run's end may be committed that much later than its time tells.
_LATE = timedelta(seconds=60)


class SqlQuestions:
    """Implements `Questions`."""

    def __init__(self, clock: StoreClock | None = None) -> None:
        self._clock = clock or StoreClock()

    def unrecorded(self, limit: int, run_id: UUID | None = None) -> list[EndedQuestion]:
        """Return answered questions of which nothing is kept yet, oldest answer first."""
        with store_call():
            runs = RunRow.objects.filter(workload=TUTOR, status=RunStatus.SUCCEEDED)
            if run_id:
                runs = runs.filter(id=run_id)
            elif last := QuestionRow.objects.aggregate(last=Max("answered_at"))["last"]:
                runs = runs.filter(finished_at__gte=last - _LATE)
            # A course that was made anew under an id is another one.
            known = CourseRow.objects.filter(id=OuterRef("tenant"), created_at__lte=OuterRef("created_at"))
            kept = QuestionRow.objects.filter(run_id=OuterRef("id"))
            found = list(runs.filter(Exists(known), ~Exists(kept)).order_by("finished_at", "seq")[:limit])
            turns = {
                turn.run_id: turn for turn in TurnRow.objects.filter(run_id__in=[run.id for run in found])
            }
            return [_ended(run, turns.get(run.id)) for run in found]

    def record(self, questions: Sequence[AnsweredQuestion]) -> None:
        """Keep them, if they are not kept already."""
        with store_write():
            ids = {question.course_id for question in questions}
            # Locked: who deletes a course meanwhile deletes these with it.
            there = set(CourseRow.objects.select_for_update().filter(id__in=ids).values_list("id", flat=True))
            rows = [QuestionRow(**vars(question)) for question in questions if question.course_id in there]
            QuestionRow.objects.bulk_create(rows, ignore_conflicts=True, batch_size=100)

    def rate(self, run_id: UUID, rating: Rating, comment: str) -> Feedback | None:
        """Keep a student's word on an answer in the place of an earlier one."""
        with store_write():
            row = QuestionRow.objects.select_for_update().filter(run_id=run_id).first()
            if row is None:
                return None
            if (row.rating, row.comment) != (rating.value, comment) or row.rated_at is None:
                row.rating, row.comment, row.rated_at = rating.value, comment, self._clock.now()
                row.save(update_fields=["rating", "comment", "rated_at"])
            return Feedback(run_id=run_id, rating=rating, comment=comment, rated_at=row.rated_at)

    def gaps(
        self, course_id: str, low_below: float, limit: int, offset: int, questions: int, comments: int
    ) -> Gaps:
        """Return a page of sections, those with most open questions first."""
        with store_call():
            low = Q(confidence__lt=low_below, declined=False) & ~Q(rating=Rating.UP.value)
            asked = QuestionRow.objects.filter(course_id=course_id, asks=True)
            rows = asked.filter(low | Q(declined=True) | Q(rating=Rating.DOWN.value))
            sections: Any = rows.values("section").annotate(
                **_counts(), low=Count("id", filter=low), newest=Max("asked_at")
            )
            page = list(sections.order_by("-unanswered", "-questions", "section")[offset : offset + limit])
            totals = rows.aggregate(sections=Count("section", distinct=True), **_counts())
            return Gaps(
                gaps=tuple(
                    _gap(rows.filter(section=one["section"]), one, questions, comments) for one in page
                ),
                sections=totals["sections"],
                count=totals["questions"],
                open=totals["unanswered"],
                answered=asked.count(),
            )

    def judged(self, course_id: str, limit: int) -> list[JudgedAnswer]:
        """Return answers that were rated, newest first."""
        with store_call():
            rows = QuestionRow.objects.filter(course_id=course_id, declined=False, mode=Mode.ANSWER.value)
            rated = rows.exclude(rating="").exclude(features={}).order_by("-rated_at", "-id")[:limit]
            return [
                JudgedAnswer(
                    features=row.features, confidence=row.confidence, calibration=row.calibration,
                    composed=row.composed, right=row.rating == Rating.UP, section=row.section,
                )
                for row in rated
            ]  # fmt: skip

    def drop(self, older_than_seconds: float, limit: int) -> int:
        """Delete questions that were answered longer ago."""
        with store_write():
            before = self._clock.now() - timedelta(seconds=older_than_seconds)
            old = QuestionRow.objects.filter(answered_at__lt=before).values_list("id", flat=True)[:limit]
            return QuestionRow.objects.filter(id__in=list(old)).delete()[0]


def _ended(run: RunRow, turn: TurnRow | None) -> EndedQuestion:
    assert run.finished_at is not None, "it has succeeded"
    asked, result = (turn.input, turn.output) if turn else (run.input, run.result)
    return EndedQuestion(
        run_id=run.id,
        course_id=run.tenant,
        question=str((asked or {}).get("question", "")),
        result=result or {},
        asked_at=run.created_at,
        answered_at=run.finished_at,
    )


def _counts() -> dict[str, Any]:
    return {
        "questions": Count("id"),
        "unanswered": Count("id", filter=Q(answer=None)),
        "refused": Count("id", filter=Q(declined=True)),
        "disliked": Count("id", filter=Q(rating=Rating.DOWN.value)),
    }


def _gap(rows: "QuerySet[QuestionRow]", section: dict[str, Any], questions: int, comments: int) -> Gap:
    grouped: Any = rows.values("alike")
    groups = list(
        grouped
        .annotate(
            **_counts(), newest=Max("asked_at"), least=Min("confidence"), latest=Max("id"),
            slug=Max("answer__slug"),
        )
        .order_by("-unanswered", "-questions", "alike")[:questions]
    )  # fmt: skip
    latest = QuestionRow.objects.in_bulk([group["latest"] for group in groups])
    said = rows.filter(rating=Rating.DOWN.value).exclude(comment="").order_by("-rated_at", "-id")
    return Gap(
        section=section["section"], count=section["questions"], open=section["unanswered"],
        declined=section["refused"], low=section["low"], down=section["disliked"], asked_at=section["newest"],
        questions=tuple(_group(group, latest[group["latest"]]) for group in groups),
        comments=tuple(said.values_list("comment", flat=True)[:comments]),
    )  # fmt: skip


def _group(group: dict[str, Any], latest: QuestionRow) -> GapQuestion:
    return GapQuestion(
        question=latest.question, task_id=latest.run_id, count=group["questions"], open=group["unanswered"],
        declined=group["refused"], down=group["disliked"], confidence=group["least"], asked_at=group["newest"],
        answered_by=document_of(group["slug"]) if group["slug"] else "",
    )  # fmt: skip
