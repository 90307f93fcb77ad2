"""How hits are written into the state and read from it."""

from collections.abc import Sequence

from lectern.tutor.graph.state import FoundPassage, TutorState, passage_from_json, passage_to_json
from lectern.tutor.ports.passages import FromStandby, Hit


def found(hits: Sequence[Hit]) -> list[FoundPassage]:
    """Write hits into the state."""
    return [{"passage": passage_to_json(hit.passage), "score": float(hit.score)} for hit in hits]


def stood_in(hits: Sequence[Hit]) -> dict[str, list[str]]:
    """Return what the state is told where another store stood in for the one that is away."""
    return {"degraded": [hits.away]} if isinstance(hits, FromStandby) else {}


def is_embedding_away(state: TutorState) -> bool:
    """Return True when the vector leg failed because of the model: a run does not wait for it again.

    A course that another model embedded says nothing about this one, which can still compare sentences.
    """
    return "vector" in state.get("degraded", []) and not state.get("notices")


def hits(written: Sequence[FoundPassage]) -> list[Hit]:
    """Read hits from the state."""
    return [Hit(passage=passage_from_json(found["passage"]), score=found["score"]) for found in written]
