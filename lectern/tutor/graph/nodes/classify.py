"""Node: tell what kind of question it is."""

from typing import Any

from lectern.tutor.answering import classifying
from lectern.tutor.graph.state import TutorState


def classify(state: TutorState) -> dict[str, Any]:
    """Set the question's type from its form."""
    return {"question_type": classifying.classify(state["question"], leans=state["leans"]).value}
