"""Node: estimate the confidence of the answer, and put it and its sources together."""

from collections.abc import Mapping, Sequence
from typing import Any

from langgraph.runtime import Runtime

from lectern.tutor.answering.advising import advice, asked_back, names_only_a_topic
from lectern.tutor.answering.citing import written
from lectern.tutor.answering.declining import nearest_sections
from lectern.tutor.answering.doubting import Doubt, doubt_of, framed
from lectern.tutor.answering.supporting import answer_figures
from lectern.tutor.confidence.bands import Band
from lectern.tutor.confidence.model import AnswerKind
from lectern.tutor.domain.answer import Answer, QuestionType
from lectern.tutor.domain.passage import Passage
from lectern.tutor.graph.asking import share_of
from lectern.tutor.graph.context import TutorContext
from lectern.tutor.graph.material import cited
from lectern.tutor.graph.nodes.fuse import is_taught
from lectern.tutor.graph.state import Piece, TutorState, passage_from_json, rounded
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
    passages = [passage_from_json(found["passage"]) for found in state["ranked"]]
    said = stated(estimate, kind, state, context)
    band = Band(said["confidence_band"])
    nearest = nearest_sections([one.whereabouts for one in passages], confidence=said["confidence"])
    pieces, text = _worded(state, kind, band, features, passages, nearest)
    places = ((piece["rank"], piece["start"], piece["end"]) for piece in pieces)
    sources, day = cited(places, passages, state, context)
    return Answer(
        answer=text,
        sources=sources,
        question_type=QuestionType(state["question_type"]),
        **said,
        features=rounded(features),
        advice=advice(state["question"], band),
        degraded=state.get("degraded", []),
        notices=notices(state),
        nearest=nearest if band is Band.LOW else [],
        material_date=day,
        builds_on=state.get("builds_on", []),
        llm=share_of(state, context),
    )


def _worded(
    state: TutorState,
    kind: AnswerKind,
    band: Band,
    features: Mapping[str, float],
    passages: Sequence[Passage],
    nearest: Sequence[str],
) -> tuple[list[Piece], str]:
    """Return the sentences that are shown, and the text: one of them where there is doubt, with a question back."""
    pieces, question = state["pieces"], state["question"]
    back = asked_back(question, passages, unsure=band is Band.LOW)
    if kind is AnswerKind.COMPOSED or state["leans"] or is_taught(passages[0].document, state):
        return pieces, _with(_written(pieces), back)
    said = [piece["text"] for piece in pieces if not piece["code"]]
    doubt = doubt_of(question, said, band, stated=features["states_definition"], searched=state["query"])
    if doubt is Doubt.NEAREST:
        rank = pieces[0]["rank"]
        pieces = [
            one for place, one in enumerate(pieces) if not place or (one["code"] and one["rank"] == rank)
        ]
    if names_only_a_topic(question):
        return pieces, _with(framed(question, _written(pieces), doubt, places=[]), back)
    others = [place for place in nearest if place != passages[pieces[0]["rank"]].whereabouts]
    return pieces, framed(question, _written(pieces), doubt, places=others)


def _written(pieces: Sequence[Piece]) -> str:
    return written([(piece["text"], piece["code"]) for piece in pieces])


def _with(text: str, back: str) -> str:
    return f"{text}\n\n{back}" if back else text
