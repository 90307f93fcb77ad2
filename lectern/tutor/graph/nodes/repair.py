"""Node: take out of the answer what its citations do not support."""

from typing import Any

from lectern.tutor.graph.state import TutorState


def repair(state: TutorState) -> dict[str, Any]:
    """Drop the unsupported pieces; what is left was checked."""
    unsupported = set(state["unsupported"])
    return {"pieces": [piece for place, piece in enumerate(state["pieces"]) if place not in unsupported]}
