"""The one ranking of what both legs found, as the tutor and its evaluation use it."""

from collections.abc import Sequence

from lectern.tutor.ports.passages import Hit
from lectern.tutor.retrieval.covering import by_coverage
from lectern.tutor.retrieval.fusion import Ranked, alpha_for, fuse
from lectern.tutor.retrieval.neighbours import by_neighbours


def rank(query: str, keywords: Sequence[Hit], vectors: Sequence[Hit]) -> list[Ranked]:
    """Return all passages of the legs' best 50, best first, by fused scores, words covered and neighbours."""
    return by_neighbours(by_coverage(query, fuse(keywords, vectors, alpha=alpha_for(query))))
