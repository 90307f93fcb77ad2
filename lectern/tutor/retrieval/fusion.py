"""Relative-score fusion: each leg's scores are stretched to 0..1, and their weighted sum ranks the passages.

Measured against reciprocal ranks on 772 textbook questions: recall@1 .755 instead of .738.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from lectern.tutor.domain.passage import Passage
from lectern.tutor.ports.passages import Hit
from lectern.tutor.retrieval.languages import reads_well
from lectern.tutor.retrieval.words import STOP_WORDS, words

#: How many hits of each leg take part.
LEG_LIMIT = 50

#: Weight of the dense leg for a full question, and for at most `SHORT_WORDS` bare keywords, which say more than a
#: sentence embedding of them. Both were published before this code measured anything. "What is recursion?" is short but
#: a sentence: with the lower weight 2 to 3% fewer of such questions found their passage among the first five.
ALPHA = 0.5
ALPHA_SHORT = 0.3
SHORT_WORDS = 3


@dataclass(frozen=True)
class Ranked:
    """A passage in the fused ranking, with what each leg said of it."""

    passage: Passage
    #: Fused score, 0..1. Compares passages of one question only; not a probability.
    score: float
    #: Raw BM25, None if the keyword leg did not find the passage.
    keyword_score: float | None
    #: Raw cosine, None if the dense leg did not find the passage.
    vector_score: float | None

    def with_score(self, score: float) -> "Ranked":
        """Return it with another score: a third of the time that `dataclasses.replace` takes, for hundreds a question."""
        return Ranked(self.passage, score, self.keyword_score, self.vector_score)

    @property
    def legs(self) -> list[str]:
        """Names of the legs that found the passage."""
        found = {"keyword": self.keyword_score, "vector": self.vector_score}
        return [leg for leg, score in found.items() if score is not None]


def alpha_for(query: str) -> float:
    """Return the weight of the dense leg for `query`: 0 if its model cannot read the language."""
    if not reads_well(query):
        return 0.0
    asked = list(words(query))
    are_keywords = len(asked) <= SHORT_WORDS and STOP_WORDS.isdisjoint(asked)
    return ALPHA_SHORT if are_keywords else ALPHA


def fuse(keywords: Sequence[Hit], vectors: Sequence[Hit], *, alpha: float) -> list[Ranked]:
    """Merge the best 50 of each leg, best first; `alpha` is the weight of `vectors`, 1 - `alpha` of `keywords`.

    A leg without weight does not take part. When one leg has nothing the other one's scores stand alone, so that
    the best passage does not look half as good because a leg was away. Equal scores keep the order of the legs.
    """
    keywords = keywords[:LEG_LIMIT] if alpha < 1 else []
    vectors = vectors[:LEG_LIMIT] if alpha > 0 else []
    if not keywords or not vectors:
        alpha = 1.0 if vectors else 0.0
    keyword_norms, vector_norms = _norms(keywords), _norms(vectors)
    keyword_scores, vector_scores = _raw(keywords), _raw(vectors)
    passages = {hit.passage.id: hit.passage for hit in (*keywords, *vectors)}
    ranked = [
        Ranked(
            passage=passage,
            score=(1 - alpha) * keyword_norms.get(key, 0.0) + alpha * vector_norms.get(key, 0.0),
            keyword_score=keyword_scores.get(key),
            vector_score=vector_scores.get(key),
        )
        for key, passage in passages.items()
    ]
    return sorted(ranked, key=lambda one: -one.score)


def _norms(hits: Sequence[Hit]) -> dict[str, float]:
    """Stretch scores to 0..1; a lone hit, or equal scores, are all 1: they are the leg's best."""
    if not hits:
        return {}
    scores = [hit.score for hit in hits]
    low, span = min(scores), max(scores) - min(scores)
    return {hit.passage.id: (hit.score - low) / span if span else 1.0 for hit in hits}


def _raw(hits: Sequence[Hit]) -> dict[str, float]:
    return {hit.passage.id: hit.score for hit in hits}
