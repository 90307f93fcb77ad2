"""Require: what must be known before a concept, as its explanation tells.

A concept is a prerequisite of another one when the other's explanation speaks of it, and the course explains it earlier.
So every such edge leads forward in the course, and no chain of them comes back to where it began.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence, Set

from lectern.tutor.concepts.mentioning import holds
from lectern.tutor.concepts.naming import Key
from lectern.tutor.concepts.reading import Explanation
from lectern.tutor.concepts.relating import Together

#: What a mention in the sentence that explains it counts, against one in the rest of the passage; and a name in its name.
#: And one in a heading above it.
_IN_DEFINITION, _IN_NAME, _ABOVE = 3.0, 4.0, 2.0
#: Where the definition names nothing, what the rest of the passage speaks of that often; once is in passing.
_OFTEN = 2
#: Least weight of a prerequisite: that of one mention in the sentence that explains it, at information 1.
_LEAST = 3.0
#: What a language model names, where none was asked.
NONE_NAMED: Mapping[int, Set[int]] = {}
#: Prerequisites of one concept.
_MOST = 6


def requirements(
    explanations: Mapping[int, Explanation],
    keys: Sequence[Sequence[Key]],
    together: Together,
    everyday: Set[int] = frozenset(),
    named: Mapping[int, Set[int]] = NONE_NAMED,
) -> dict[int, list[tuple[int, float]]]:
    """Return the prerequisites of each concept with their weights, the weightiest first. `keys` are each one's names;
    `everyday` are those which elsewhere do not mean the concept: they are nobody's prerequisites. `named` are those that a
    language model names: each counts at least as much as one mention.

    A mention weighs as much as it tells: by the mutual information of the two. What the whole course speaks of says
    little.
    """
    numbers = {key: number for number, of_one in enumerate(keys) for key in of_one}
    found = {}
    for concept, explanation in explanations.items():
        beside = together.beside(concept)
        told = defaultdict[int, float](float)
        for other, times in explanation.core.items():
            told[other] = _IN_DEFINITION * times
        for inner in _inside(keys[concept], numbers):
            told[inner] += _IN_NAME
        for above in explanation.above:
            told[above] += _ABOVE
        often = {other: float(times) for other, times in explanation.rest.items() if times >= _OFTEN}
        weighed = [
            [
                (other, count * together.information(concept, other, max(1, beside[other])))
                for other, count in counted.items()
                if other != concept
                and other not in everyday
                and _before(explanations.get(other), explanation)
            ]
            for counted in (told, often)
        ]
        heavy = [[pair for pair in some if pair[1] >= _LEAST] for some in weighed]
        needed = dict(heavy[0] or heavy[1])
        for other in named.get(concept, frozenset()) - everyday:
            if other != concept and _before(explanations.get(other), explanation):
                needed.setdefault(other, _LEAST)
        found[concept] = sorted(needed.items(), key=lambda pair: (-pair[1], pair[0]))[:_MOST]
    return found


def _inside(keys: Sequence[Key], numbers: Mapping[Key, int]) -> set[int]:
    """Return the concepts whose names stand inside one of these names."""
    return {
        numbers[key[start:end]]
        for key in keys
        for start in range(len(key))
        for end in range(start + 1, len(key) + 1)
        if key[start:end] in numbers and holds(key, key[start:end])
    }


def _before(one: Explanation | None, other: Explanation) -> bool:
    return one is not None and (one.passage, one.offset) < (other.passage, other.offset)
