"""Node: say that the course does not answer the question."""

from typing import Any

from langgraph.runtime import Runtime

from lectern.base.log import logger
from lectern.tutor.answering.classifying import is_small_talk
from lectern.tutor.answering.declining import MOST_DECLINED, declined, invited, nearest_sections, unclear
from lectern.tutor.answering.doubting import choices_wanted
from lectern.tutor.answering.matching import signs, subject_words
from lectern.tutor.confidence.model import AnswerKind
from lectern.tutor.domain.answer import Answer, Mode, QuestionType
from lectern.tutor.graph.asking import share_of
from lectern.tutor.graph.context import TutorContext
from lectern.tutor.graph.material import day_of, ensure_course, updated_at
from lectern.tutor.graph.state import TutorState, passage_from_json, rounded
from lectern.tutor.graph.stating import notices, stated

log = logger(__name__)


def abstain(state: TutorState, runtime: Runtime[TutorContext]) -> dict[str, Any]:
    """Write the result of a question that the course does not answer, or that is none."""
    ensure_course(state, runtime.context)
    dates = updated_at(state, runtime.context)
    question = state["question"]
    # The search may be sure of a passage in which nothing can be quoted, or the model finds no answer.
    confidence = min(state.get("confidence", 0.0), MOST_DECLINED)
    nearest = nearest_sections(
        [passage_from_json(found["passage"]).whereabouts for found in state.get("ranked", [])],
        confidence=confidence,
    )
    said = stated(confidence, AnswerKind.EXTRACTIVE, state, runtime.context)
    degraded = state.get("degraded", [])
    if not is_small_talk(question):  # by its run's id: questions stay out of logs
        log.info("gap", course_id=state["course"]["id"], confidence=said["confidence"], degraded=degraded)
    answer = Answer(
        answer=_sentence(state, nearest),
        sources=[],
        **said,
        question_type=QuestionType(state["question_type"]) if nearest else QuestionType.OFF_TOPIC,
        declined=True,
        features=rounded(state.get("features", {})),
        degraded=degraded,
        notices=notices(state),
        nearest=nearest,
        material_date=None if is_small_talk(question) else day_of(dates.values(), newest=True),
        mode=Mode(state.get("mode", Mode.ANSWER)),
        llm=share_of(state, runtime.context),
    )
    return {"result": answer.to_json()}


def _sentence(state: TutorState, nearest: list[str]) -> str:
    question, course = state["question"], state["course"]["title"]
    if is_small_talk(question):
        return invited(question, course)
    query = state["query"]
    if not subject_words(query) and not signs(query):
        return unclear(course)
    said = declined(question, course, nearest)
    return f"{said}\n\n{wanted}" if nearest and (wanted := choices_wanted(question)) else said
