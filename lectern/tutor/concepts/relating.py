"""Relate: which concepts a course speaks of together."""

import heapq
import math
from collections import Counter, defaultdict
from collections.abc import Sequence

#: Passages that must speak of both; once is chance.
_TOGETHER = 2


class Together:
    """Counts in which passages concepts are named together. `postings` are the concepts of each passage."""

    def __init__(self, postings: Sequence[Sequence[int]]) -> None:
        self._postings = postings
        self._numbers: dict[int, list[int]] = defaultdict(list)
        for number, concepts in enumerate(postings):
            for concept in concepts:
                self._numbers[concept].append(number)

    def passages(self, concept: int) -> int:
        """Return how many passages name a concept, at least 1: in a passage with very many it may not be counted."""
        return max(1, len(self._numbers.get(concept, ())))

    def beside(self, concept: int) -> Counter[int]:
        """Return how many passages name each other concept beside this one."""
        counted = Counter(
            other for number in self._numbers.get(concept, ()) for other in self._postings[number]
        )
        del counted[concept]
        return counted

    def information(self, one: int, other: int, both: int) -> float:
        """Return the pointwise mutual information of two concepts that `both` passages name together, in nats: above 0
        when that is more than chance (K. Church and P. Hanks, "Word association norms, mutual information, and
        lexicography", 1990)."""
        return math.log(both * len(self._postings) / (self.passages(one) * self.passages(other)))

    def kin(self, concept: int, most: int) -> list[tuple[int, float]]:
        """Return the concepts that are named together with one more than by chance, closest first, at most `most`.

        The weight is the information, normalised to at most 1 (G. Bouma, "Normalized (pointwise) mutual information in
        collocation extraction", GSCL 2009), times the factor by which P. Pantel and D. Lin ("Discovering word senses
        from text", KDD 2002) discount what was seen a few times only.
        """
        weighed = (
            (self._weight(concept, other, both), -other)
            for other, both in self.beside(concept).items()
            if _TOGETHER <= both < len(self._postings)
        )
        best = heapq.nlargest(most, (pair for pair in weighed if pair[0] > 0))
        return [(-other, weight) for weight, other in best]

    def _weight(self, one: int, other: int, both: int) -> float:
        fewer = min(self.passages(one), self.passages(other))
        normalised = self.information(one, other, both) / -math.log(both / len(self._postings))
        return normalised * both / (both + 1) * fewer / (fewer + 1)
