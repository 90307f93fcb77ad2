"""Raises passages that hold all words of a question: BM25 lets one word that stands there often make up for the others."""

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from math import log

from lectern.tutor.retrieval.fusion import Ranked
from lectern.tutor.retrieval.words import content_stems, stem, words

#: Weight of the share of a question's words beside the fused score's 1.
COVERAGE = 0.3


def by_coverage(query: str, ranked: Sequence[Ranked]) -> list[Ranked]:
    """Return `ranked` anew, best first, with the share of the question's words that each passage holds taken in.

    A word counts by its rarity among the passages found, and one that none of them holds not at all. Scores stay
    within 0..1.
    """
    texts = [stems_of(f"{one.passage.location} {one.passage.text}") for one in ranked]
    weights = rarity([one for one in content_stems(query) if any(one in text for text in texts)], texts)
    total = sum(weights.values())
    if not total:
        return list(ranked)
    shares = [sum(weight for one, weight in weights.items() if one in text) / total for text in texts]
    covered = [
        replace(one, score=(one.score + COVERAGE * share) / (1 + COVERAGE))
        for one, share in zip(ranked, shares, strict=True)
    ]
    return sorted(covered, key=lambda one: -one.score)


@lru_cache(maxsize=1024)
def stems_of(text: str) -> frozenset[str]:
    """Return the stems of a text. Remembered, since one question asks for those of its passages several times."""
    return frozenset(stem(word) for word in set(words(text)))


def rarity(stems: Sequence[str], texts: Sequence[frozenset[str]]) -> dict[str, float]:
    """Weigh each stem by the logarithm of how few of the passages found hold it."""
    return {one: log((1 + len(texts)) / (0.5 + sum(one in text for text in texts))) for one in stems}
