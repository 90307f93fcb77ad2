"""What a ranking tells about its own chance to be right: the inputs of the confidence model.

Each is a plain number from one question's retrieval; none is a probability, and none alone separates right from
wrong. A leg that was away or found nothing gives 0 where its feature would be.
"""

from collections.abc import Mapping, Sequence
from itertools import chain
from statistics import fmean

from lectern.tutor.ports.passages import Hit
from lectern.tutor.retrieval.covering import presence, rarity
from lectern.tutor.retrieval.fusion import Ranked
from lectern.tutor.retrieval.words import content_stems, distinct_stems

#: Names in the order of the model's coefficients. A change of names, order or meaning needs a new fit.
FEATURES = (
    "top_score",
    "margin",
    "top_cosine",
    "cosine_margin",
    "bm25_per_word",
    "bm25_margin",
    "agreement",
    "coverage_best",
    "coverage_top",
    "unknown_words",
)

#: Depth of the margins, of the agreement of legs, and of `coverage_top`.
MARGIN_DEPTH = 10
AGREEMENT_DEPTH = 5
COVERAGE_DEPTH = 3


def features(
    query: str, ranked: Sequence[Ranked], keywords: Sequence[Hit], vectors: Sequence[Hit]
) -> dict[str, float]:
    """Return the features of one question, in the order of `FEATURES`; all 0 if nothing was found.

    - `top_score`: fused score of the best passage, 0..1; low when the legs disagree about it.
    - `margin`: by how much it exceeds the mean of the best ten.
    - `top_cosine`: the dense leg's highest cosine.
    - `cosine_margin`: by how much that exceeds the mean of its best ten.
    - `bm25_per_word`: the keyword leg's highest score by the number of the question's content words.
    - `bm25_margin`: by what share of itself that highest score exceeds the mean of the best ten, 0..1.
    - `agreement`: share of the legs' best five that both name, 0..1.
    - `coverage_best`: share of the question's content words that stand in the best passage, 0..1.
    - `coverage_top`: share of them that stand in one of the best three, 0..1.
    - `unknown_words`: share of them that stand in no passage found, 0..1, each counted alike.

    The two coverages weigh words by rarity among the passages found, so that a word which none of them holds
    counts most.
    """
    if not ranked:
        return dict.fromkeys(FEATURES, 0.0)
    stems = content_stems(query)
    texts = [distinct_stems(f"{one.passage.location} {one.passage.text}") for one in ranked]
    held = presence(stems, texts)
    weights = rarity(stems, held)
    bm25 = [hit.score for hit in keywords[:MARGIN_DEPTH]]
    cosines = [hit.score for hit in vectors[:MARGIN_DEPTH]]
    values = (
        ranked[0].score,
        _margin([one.score for one in ranked[:MARGIN_DEPTH]]),
        cosines[0] if cosines else 0.0,
        _margin(cosines),
        bm25[0] / max(1, len(stems)) if bm25 else 0.0,
        _margin(bm25) / bm25[0] if bm25 and bm25[0] > 0 else 0.0,
        _agreement(keywords, vectors),
        _coverage(weights, held[:1]),
        _coverage(weights, held[:COVERAGE_DEPTH]),
        1 - _coverage(dict.fromkeys(stems, 1.0), held) if stems else 0.0,
    )
    return dict(zip(FEATURES, values, strict=True))


def _margin(scores: Sequence[float]) -> float:
    return scores[0] - fmean(scores) if scores else 0.0


def _agreement(keywords: Sequence[Hit], vectors: Sequence[Hit]) -> float:
    by_words = {hit.passage.id for hit in keywords[:AGREEMENT_DEPTH]}
    by_vector = {hit.passage.id for hit in vectors[:AGREEMENT_DEPTH]}
    return len(by_words & by_vector) / AGREEMENT_DEPTH


def _coverage(weights: Mapping[str, float], held: Sequence[Sequence[str]]) -> float:
    """Return the share of the weights whose stems one of the passages holds."""
    total = sum(weights.values())
    known = set(chain.from_iterable(held))
    return sum(weight for one, weight in weights.items() if one in known) / total if total else 0.0
