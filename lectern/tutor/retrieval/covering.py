"""Raises passages that hold all words of a question: BM25 lets one word that stands there often make up for the others."""

from collections.abc import Sequence
from dataclasses import replace
from math import log

from lectern.tutor.retrieval.fusion import Ranked
from lectern.tutor.retrieval.words import content_stems, distinct_stems, holds

#: Weight of the share of a question's words beside the fused score's 1.
COVERAGE = 0.3


def by_coverage(query: str, ranked: Sequence[Ranked]) -> list[Ranked]:
    """Return `ranked` anew, best first, with the share of the question's words that each passage holds taken in.

    A word counts by its rarity among the passages found, and one that none of them holds not at all. Scores stay
    within 0..1.
    """
    texts = [distinct_stems(f"{one.passage.location} {one.passage.text}") for one in ranked]
    weights = rarity([one for one in content_stems(query) if any(holds(text, one) for text in texts)], texts)
    total = sum(weights.values())
    if not total:
        return list(ranked)
    shares = [sum(weight for one, weight in weights.items() if holds(text, one)) / total for text in texts]
    covered = [
        replace(one, score=(one.score + COVERAGE * share) / (1 + COVERAGE))
        for one, share in zip(ranked, shares, strict=True)
    ]
    return sorted(covered, key=lambda one: -one.score)


def rarity(stems: Sequence[str], texts: Sequence[str]) -> dict[str, float]:
    """Weigh each stem by the logarithm of how few of the passages found (their `distinct_stems`) hold it."""
    return {one: log((1 + len(texts)) / (0.5 + sum(holds(text, one) for text in texts))) for one in stems}
