"""Ranks passages by what stands around them, and keeps one place of the course from filling the first places.

A passage among others that were found is likelier the right one than one that stands alone; and when the first is wrong,
its neighbours mostly are too.
"""

from collections import defaultdict
from collections.abc import Sequence
from itertools import islice

from lectern.tutor.retrieval.fusion import Ranked

#: Passages of one document at most this far apart are neighbours: about a thousand words to each side, a lesson or a
#: section of a long document.
REACH = 10
#: How many of the found neighbours, itself among them, speak for a passage: more would count how long a lesson is.
WITNESSES = 3
#: What is left of a passage's score for each neighbour that is ranked before it.
REPEATED = 0.8


def by_neighbours(ranked: Sequence[Ranked]) -> list[Ranked]:
    """Return `ranked` (best first) anew, a passage's own score counting two thirds and its neighbourhood's one.

    Scores stay within 0..1.
    """
    groups: dict[str, list[Ranked]] = defaultdict(list)
    for one in ranked:
        groups[one.passage.document].append(one)
    scored = [scored for group in groups.values() for scored in _spread(_supported(group))]
    return sorted(scored, key=lambda one: -one.score)


def _supported(group: Sequence[Ranked]) -> list[Ranked]:
    """Return a document's passages, best first, with their neighbourhoods' scores taken in."""
    places = [one.passage.ordinal for one in group]
    supported = []
    for one, place in zip(group, places, strict=True):
        near = (other.score for other, at in zip(group, places, strict=True) if abs(place - at) <= REACH)
        supported.append(one.with_score((2 * one.score + sum(islice(near, WITNESSES)) / WITNESSES) / 3))
    return sorted(supported, key=lambda one: -one.score)


def _spread(group: Sequence[Ranked]) -> list[Ranked]:
    """Lower each of a document's passages by the neighbours that are ranked before it."""
    places = [one.passage.ordinal for one in group]
    return [
        one.with_score(one.score * REPEATED ** sum(abs(places[rank] - at) <= REACH for at in places[:rank]))
        for rank, one in enumerate(group)
    ]
