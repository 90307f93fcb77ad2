"""State a confidence as the result has it, corrected by the course's students, with its band and its origin; and what was away."""

from typing import TypedDict

from lectern.tutor.answering.advising import without_model
from lectern.tutor.answering.supporting import definition_figures, passage_figures
from lectern.tutor.confidence.bands import band_of
from lectern.tutor.confidence.model import AnswerKind, ConfidenceModel
from lectern.tutor.confidence.refitting import correction
from lectern.tutor.domain.passage import Passage
from lectern.tutor.graph.context import TutorContext
from lectern.tutor.graph.state import TutorState, passage_from_json


class Stated(TypedDict):
    """Fields of `Answer`."""

    confidence: float
    confidence_band: str
    calibration: str


def model_for(kind: AnswerKind, context: TutorContext) -> ConfidenceModel:
    """Return the model for a kind of answer."""
    return (context.composed_confidence if kind is AnswerKind.COMPOSED else None) or context.confidence


def bearing(state: TutorState, rank: int) -> dict[str, float]:
    """Return how well a passage that was found bears an answer, by its position in `ranked`."""
    return passage_figures(_passages(state), [found["score"] for found in state["ranked"]])[rank]


def defining(state: TutorState) -> dict[str, float]:
    """Return how well what was found defines what is asked for."""
    return definition_figures(state["query"], _passages(state))


def stated(confidence: float, kind: AnswerKind, state: TutorState, context: TutorContext) -> Stated:
    """Return what the result says of a confidence."""
    version = model_for(kind, context).version
    if made := correction(kind, state["course"].get("recalibration", {})):
        confidence = made.applied(confidence)
        version += f", corrected by {made.judged} judged answers of the course"
    confidence = round(confidence, 4)
    return Stated(confidence=confidence, confidence_band=band_of(confidence).value, calibration=version)


def notices(state: TutorState) -> list[str]:
    """Return the sentences of a result on what was away: the operator's, and the student's on the language model."""
    noted = state.get("notices", [])
    return [*noted, without_model(state["question"])] if "llm" in state.get("degraded", []) else noted


def _passages(state: TutorState) -> list[Passage]:
    return [passage_from_json(found["passage"]) for found in state["ranked"]]
