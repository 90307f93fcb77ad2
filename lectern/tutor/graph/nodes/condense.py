"""Node: make the question readable without its conversation."""

from typing import Any

from lectern.tutor.answering import condensing
from lectern.tutor.graph.state import TutorState


def condense(state: TutorState) -> dict[str, Any]:
    """Fill in what the question leaves to earlier turns."""
    condensed = condensing.condense(state["question"], state["history"])
    return {
        "query": condensed.query,
        "leans": condensed.leans,
        "topic": condensed.topic,
    }
