"""Node: word the question differently for a second and last search."""

from typing import Any

from lectern.tutor.graph.state import TutorState


def rewrite(state: TutorState) -> dict[str, Any]:
    """Search for the rewording instead."""
    return {"query": state["rewording"], "rewritten": True}
