"""Raises passages that hold all words of a question: BM25 lets one word that stands there often make up for the others."""

from collections import Counter
from collections.abc import Sequence
from itertools import chain
from math import log

from lectern.tutor.retrieval.fusion import Ranked
from lectern.tutor.retrieval.words import between_blanks, content_stems, distinct_stems

#: Weight of the share of a question's words beside the fused score's 1.
COVERAGE = 0.3


def by_coverage(query: str, ranked: Sequence[Ranked]) -> list[Ranked]:
    """Return `ranked` anew, best first, with the share of the question's words that each passage holds taken in.

    A word counts by its rarity among the passages found, and one that none of them holds not at all. Scores stay
    within 0..1.
    """
    stems = content_stems(query)
    held = presence(stems, [distinct_stems(f"{one.passage.location} {one.passage.text}") for one in ranked])
    known = set(chain.from_iterable(held))
    weights = rarity([one for one in stems if one in known], held)
    total = sum(weights.values())
    if not total:
        return list(ranked)
    covered = [
        one.with_score((one.score + COVERAGE * (sum(weights[stem] for stem in has) / total)) / (1 + COVERAGE))
        for one, has in zip(ranked, held, strict=True)
    ]
    return sorted(covered, key=lambda one: -one.score)


def presence(stems: Sequence[str], texts: Sequence[str]) -> list[list[str]]:
    """Return for each of the passages found (their `distinct_stems`) which of `stems` it holds, in their order."""
    standing = [(stem, between_blanks([stem])) for stem in stems]
    return [[stem for stem, standing_so in standing if standing_so in text] for text in texts]


def rarity(stems: Sequence[str], held: Sequence[Sequence[str]]) -> dict[str, float]:
    """Weigh each stem by the logarithm of how few of the passages found hold it (`presence`)."""
    counts = Counter(chain.from_iterable(held))
    return {stem: log((1 + len(held)) / (0.5 + counts[stem])) for stem in stems}
