"""How well a passage bears an answer: inputs of the confidence beside the figures of the search."""

from collections import defaultdict
from collections.abc import Sequence

from lectern.tutor.domain.passage import Passage


def passage_figures(passages: Sequence[Passage], scores: Sequence[float]) -> list[dict[str, float]]:
    """Return the figures of each of `passages`, which are the best ones that were found, with their fused scores.

    - `passage_score`: its own score, 0..1.
    - `document_share`: share of all the scores that passages of its document have: where a document speaks of something,
      it mostly does so more than once. Left out where all are of one document, which says nothing.
    """
    total = sum(scores) or 1.0
    shares: dict[str, float] = defaultdict(float)
    for one, score in zip(passages, scores, strict=True):
        shares[one.document] += score / total
    return [
        {
            "passage_score": score,
            **({"document_share": shares[one.document]} if len(shares) > 1 else {}),
        }
        for one, score in zip(passages, scores, strict=True)
    ]
