"""Conversations: what was asked and answered under one thread_id."""

from typing import Any

from django.http import HttpRequest, JsonResponse
from ninja import Query, Router

from lectern.bootstrap import lectern
from lectern.engine.domain.thread import Turn
from lectern.engine.errors import UnknownThread
from lectern.entrypoints.http.guide import WORDS
from lectern.entrypoints.http.requests import LONGEST_NAME, ThreadRequest, is_name
from lectern.entrypoints.http.responses import Conversation, ProblemBody
from lectern.tutor.workload import TUTOR

router = Router(tags=["conversations"])

_ANSWERS = {200: Conversation, **dict.fromkeys((400, 404, 500, 503), ProblemBody)}


@router.get("threads/{path:thread_id}/", response=_ANSWERS)
def conversation(request: HttpRequest, thread_id: str, of: Query[ThreadRequest]) -> JsonResponse:
    """Tell the turns of a student's conversation, oldest first. They stay when the tasks' results have expired."""
    here = lectern()
    if not is_name(thread_id, LONGEST_NAME):
        raise UnknownThread("There is no such conversation: this is no name of one.")
    # A named course need not exist any longer.
    course_id = of.course_id or here.tutor.course_for(None).id
    thread = here.engine.thread(TUTOR, of.student_id, course_id, thread_id)
    turns = [_turn(turn) for turn in thread.turns]
    return JsonResponse({"thread_id": thread.key, "course_id": thread.tenant, "turns": turns})


def _turn(turn: Turn) -> dict[str, Any]:
    return {
        "number": turn.number,
        "task_id": str(turn.run_id),
        "question": turn.input["question"],
        "status": WORDS[turn.status] if turn.status else None,
        "result": turn.output,
        "created_at": turn.created_at.isoformat(),
    }
