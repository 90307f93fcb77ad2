"""Node: check that the course still has what the answer cites, or what the refusal is founded on."""

from typing import Any

from langgraph.runtime import Runtime

from lectern.tutor.graph.context import TutorContext
from lectern.tutor.graph.material import ensure_course
from lectern.tutor.graph.state import TutorState


def check_material(state: TutorState, runtime: Runtime[TutorContext]) -> dict[str, Any]:
    """Have the course searched anew, once, when such a passage was replaced meanwhile; after that leave its pieces out."""
    ensure_course(state, runtime.context)
    pieces, found = state.get("pieces", []), [ranked["passage"]["id"] for ranked in state["ranked"]]
    cited = [found[piece["rank"]] for piece in pieces]
    needed, beside = set(cited or found), state.get("builds_on", [])
    known = {one["explained"]["passage_id"] for one in beside}
    present = runtime.context.index.present(state["course"]["key"], needed | known)
    there = present & needed
    if there != needed and not state.get("stale", False):
        return {"stale": True, "pieces": []}
    left = [piece for piece, passage in zip(pieces, cited, strict=True) if passage in there]
    if known <= present:
        return {"stale": False, "pieces": left}
    left_beside = [one for one in beside if one["explained"]["passage_id"] in present]
    return {"stale": False, "pieces": left, "builds_on": left_beside}
