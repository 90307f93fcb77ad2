"""Node: estimate the confidence of the answer, and put it and its sources together."""

from typing import Any

from langgraph.runtime import Runtime

from lectern.tutor.answering.advising import advice, asked_back
from lectern.tutor.answering.citing import written
from lectern.tutor.answering.declining import nearest_sections
from lectern.tutor.answering.supporting import answer_figures
from lectern.tutor.confidence.bands import Band
from lectern.tutor.confidence.model import AnswerKind
from lectern.tutor.domain.answer import Answer, QuestionType
from lectern.tutor.graph.asking import share_of
from lectern.tutor.graph.context import TutorContext
from lectern.tutor.graph.material import cited
from lectern.tutor.graph.state import TutorState, passage_from_json, rounded
from lectern.tutor.graph.stating import bearing, model_for, notices, stated


def confidence(state: TutorState, runtime: Runtime[TutorContext]) -> dict[str, Any]:
    """Write the result of a question that the course answers, now that it is known which passage is cited first."""
    kind = AnswerKind.COMPOSED if state.get("composed", False) else AnswerKind.EXTRACTIVE
    sentences = [piece["text"] for piece in state["pieces"] if not piece["code"]]
    features = {
        **state["features"],
        **bearing(state, state["pieces"][0]["rank"]),
        **answer_figures(state["query"], sentences),
    }
    estimate = min(model_for(kind, runtime.context).probability(features), state.get("ceiling", 1.0))
    answer = _answer(state, runtime.context, kind, estimate, features)
    return {"features": features, "confidence": estimate, "result": answer.to_json()}


def _answer(
    state: TutorState, context: TutorContext, kind: AnswerKind, estimate: float, features: dict[str, float]
) -> Answer:
    pieces = state["pieces"]
    passages = [passage_from_json(found["passage"]) for found in state["ranked"]]
    places = ((piece["rank"], piece["start"], piece["end"]) for piece in pieces)
    sources, day = cited(places, passages, state, context)
    said = stated(estimate, kind, state, context)
    band = Band(said["confidence_band"])
    text = written([(piece["text"], piece["code"]) for piece in pieces])
    back = asked_back(state["question"], passages)
    return Answer(
        answer=f"{text}\n\n{back}" if back else text,
        sources=sources,
        question_type=QuestionType(state["question_type"]),
        **said,
        features=rounded(features),
        advice=advice(state["question"], band),
        degraded=state.get("degraded", []),
        notices=notices(state),
        nearest=nearest_sections([one.whereabouts for one in passages], confidence=said["confidence"])
        if band is Band.LOW
        else [],
        material_date=day,
        builds_on=state.get("builds_on", []),
        llm=share_of(state, context),
    )
