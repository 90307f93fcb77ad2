"""How hits are written into the state and read from it."""

from collections.abc import Sequence

from lectern.tutor.graph.state import FoundPassage, passage_from_json, passage_to_json
from lectern.tutor.ports import Hit


def found(hits: Sequence[Hit]) -> list[FoundPassage]:
    """Write hits into the state."""
    return [{"passage": passage_to_json(hit.passage), "score": float(hit.score)} for hit in hits]


def hits(written: Sequence[FoundPassage]) -> list[Hit]:
    """Read hits from the state."""
    return [Hit(passage=passage_from_json(found["passage"]), score=found["score"]) for found in written]
