"""Gaps, and teachers' answers to them. Who may see and write these is checked by the shell."""

from dataclasses import asdict
from typing import Any

from django.http import HttpRequest, JsonResponse
from ninja import Query, Router

from lectern.bootstrap import lectern
from lectern.entrypoints.http.course_responses import (
    AcceptedAnswer,
    AcceptedMaterial,
    GapsBody,
    TeacherAnswersBody,
)
from lectern.entrypoints.http.courses import known_course
from lectern.entrypoints.http.documents import accepted
from lectern.entrypoints.http.requests import LONGEST_NAME, AnswerRequest, PageRequest, is_name
from lectern.entrypoints.http.responses import ProblemBody
from lectern.tutor.domain.course import CourseDocument
from lectern.tutor.domain.gap import Gap, Gaps, TeacherAnswer
from lectern.tutor.errors import UnknownAnswer

router = Router(tags=["gaps"])

_READ = dict.fromkeys((400, 404, 500, 503), ProblemBody)
_GUARDED = dict.fromkeys((401, 403), ProblemBody)
_WRITE = {**_GUARDED, **dict.fromkeys((400, 404, 408, 413, 415, 500, 503, 507), ProblemBody)}
_REMOVE = {**_GUARDED, **dict.fromkeys((404, 408, 413, 500, 503), ProblemBody)}


@router.get("courses/{course_id}/gaps/", response={200: GapsBody, **_GUARDED, **_READ})
def list_gaps(request: HttpRequest, course_id: str, page: Query[PageRequest]) -> JsonResponse:
    """List what a course could not answer, or not well, by section, those with most open questions first.

    With UPLOAD_TOKEN the request must show it, as an upload does.
    """
    course = known_course(course_id)
    return JsonResponse(gaps_body(course.id, lectern().desk.gaps(course, page.limit, page.offset)))


@router.get("courses/{course_id}/answers/", response={200: TeacherAnswersBody, **_READ})
def list_answers(request: HttpRequest, course_id: str, page: Query[PageRequest]) -> JsonResponse:
    """List what a course's teachers answered themselves, by id."""
    course = known_course(course_id)
    desk = lectern().desk
    shown = desk.teacher_answers(course, page.limit, page.offset)
    body = {
        "course_id": course.id,
        "count": desk.answers.count(course.id),
        "answers": [answer_body(answer, document) for answer, document in shown],
    }
    return JsonResponse(body)


@router.post("courses/{course_id}/answers/", response={202: AcceptedAnswer, **_WRITE})
def write_answer(request: HttpRequest, course_id: str, written: AnswerRequest) -> JsonResponse:
    """Answer a question as the teacher, in the place of an earlier answer to such a question; it is cited from then on.

    With UPLOAD_TOKEN the request must show it. Poll the task: its SUCCESS means that the answer can be found.
    """
    here, course = lectern(), known_course(course_id)
    answer, run = here.desk.answer(course, written.question, written.answer)
    here.wake(run.queue)
    return accepted(run, "Answer accepted for indexing", answer_id=answer.id, document=answer.document)


@router.delete("courses/{course_id}/answers/{path:answer_id}/", response={202: AcceptedMaterial, **_REMOVE})
def remove_answer(request: HttpRequest, course_id: str, answer_id: str) -> JsonResponse:
    """Remove a teacher's answer; the gaps that it answered are open again. The same token is needed as for writing it."""
    here, course = lectern(), known_course(course_id)
    if not is_name(answer_id, LONGEST_NAME):
        raise UnknownAnswer("There is no such answer: this is no id of one.")
    run = here.desk.remove_answer(course, answer_id)
    here.wake(run.queue)
    return accepted(run, "Answer will be removed")


def gaps_body(course_id: str, gaps: Gaps) -> dict[str, Any]:
    """Return a page of gaps as JSON."""
    totals = {
        "sections": gaps.sections,
        "count": gaps.count,
        "open": gaps.open,
        "answered": gaps.answered,
    }
    return {"course_id": course_id, **totals, "gaps": [_gap_body(gap) for gap in gaps.gaps]}


def answer_body(answer: TeacherAnswer, document: CourseDocument | None) -> dict[str, Any]:
    """Return a teacher's answer as JSON; `document` is None while it cannot be found."""
    return {
        "answer_id": answer.id,
        "question": answer.question,
        "answer": answer.text,
        "document": answer.document,
        "created_at": answer.created_at.isoformat(),
        "updated_at": answer.updated_at.isoformat(),
        "indexed_at": document and document.indexed_at.isoformat(),
    }


def _gap_body(gap: Gap) -> dict[str, Any]:
    questions = [
        {
            **asdict(one),
            "task_id": str(one.task_id),
            "asked_at": one.asked_at.isoformat(),
            "answered_by": one.answered_by or None,
        }
        for one in gap.questions
    ]
    return {
        **asdict(gap),
        "asked_at": gap.asked_at.isoformat(),
        "questions": questions,
        "comments": list(gap.comments),
    }
