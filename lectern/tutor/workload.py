"""The tutor's two workloads: what the engine is told of answering questions and of indexing material."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from lectern.base.json import JsonObject
from lectern.engine.domain.queues import Queues
from lectern.engine.domain.run import Run
from lectern.engine.domain.thread import Turn
from lectern.engine.workload import AttemptLeft, Workload
from lectern.tutor.domain.answer import Mode
from lectern.tutor.domain.course import Course
from lectern.tutor.errors import CourseDeleted
from lectern.tutor.graph.context import IndexingContext, RunLeft, TutorContext
from lectern.tutor.graph.steps import STEPS
from lectern.tutor.ports.courses import CourseCatalog
from lectern.tutor.retrieval.patience import for_a_question

#: Names of the workloads, stored in every run's row.
TUTOR, INDEXING = "tutor", "indexing"


def tutor_workload(
    context: TutorContext, courses: CourseCatalog, *, deadline: float, max_attempts: int
) -> Workload:
    """Return the workload that answers questions. `deadline` in seconds."""

    def to_input(run: Run, turns: Sequence[Turn]) -> JsonObject:
        course = courses.get(run.tenant)
        if course is None:
            raise CourseDeleted(f"The course {run.tenant!r} was deleted before this question was answered.")
        return {
            "question": run.input["question"],
            "course": _course_json(course),
            "history": _history(turns),
            "mode": _mode(course, run.input.get("context", {})).value,
        }

    return Workload(
        name=TUTOR,
        queue=Queues.LANGGRAPH,
        build=_build_graph_with_model if context.llm else _build_graph,
        to_input=to_input,
        to_result=lambda state: state["result"],
        context=context,
        context_of=lambda _run, left: _in_attempt(context, left),
        steps=STEPS,
        deadline_seconds=deadline,
        max_attempts=max_attempts,
    )


def indexing_workload(context: IndexingContext, *, max_attempts: int) -> Workload:
    """Return the workload that embeds and publishes course material, batch by batch."""
    return Workload(
        name=INDEXING,
        queue=Queues.EMBEDDINGS,
        build=_build_indexing_graph,
        to_input=lambda run, _turns: run.input,
        to_result=_indexed,
        context=context,
        steps={
            "take_in": "Reading the uploaded files",
            "embed": "Embedding passages",
            "embed_upload": "Embedding passages",
            "publish": "Publishing the course",
            "renew_concepts": "Finding the course's concepts",
        },
        conversational=False,
        # Publishing a course of 50,000 passages takes minutes on a slow disk.
        deadline_seconds=1800,
        max_attempts=max_attempts,
    )


def _build_graph() -> Any:
    # Imported late: LangGraph takes two seconds to load, and only a process that executes runs needs it.
    from lectern.tutor.graph.build import build_graph

    return build_graph()


def _build_graph_with_model() -> Any:
    from lectern.tutor.graph.build_with_model import build_graph_with_model

    return build_graph_with_model()


def _in_attempt(context: TutorContext, left: AttemptLeft) -> TutorContext:
    left_to_it = RunLeft(attempts=left.attempts, ends_at=left.ends_at)
    return replace(context, index=for_a_question(context.index), left=left_to_it)


def _build_indexing_graph() -> Any:
    from lectern.tutor.graph.indexing import build_indexing_graph

    return build_indexing_graph()


def _indexed(state: Mapping[str, Any]) -> JsonObject:
    """Return what a run of indexing came to; an upload's names what of it could not be read."""
    problems = {"problems": state["problems"]} if "problems" in state else {}
    return {"passages": state["passages"], **problems}


def _mode(course: Course, context: Mapping[str, Any]) -> Mode:
    """Return what the student gets: a course's hints are its teacher's word, which no question overrides."""
    return Mode.HINT if Mode.HINT in (course.mode, context.get("mode")) else Mode.ANSWER


def _course_json(course: Course) -> JsonObject:
    return {
        "id": course.id,
        "key": course.key,
        "title": course.title,
        "answer_from_exercises": course.answer_from_exercises,
        "recalibration": dict(course.recalibration),
    }


def _history(turns: Sequence[Turn]) -> list[JsonObject]:
    return [
        {
            "question": turn.input["question"],
            "answer": turn.output["answer"] if turn.output else "",
            "sources": turn.output["sources"] if turn.output else [],
        }
        for turn in turns
        # What the course did not answer is no subject to go on with.
        if not (turn.output and turn.output.get("declined"))
    ]
