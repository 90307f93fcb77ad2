"""Walk: the way to learn a concept, from what it rests on, in the order in which the course explains it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from lectern.tutor.domain.concept import Concept, Need

#: A concept hands on less than its whole share, as if it rested on something more of this weight, which the student knows:
#: about that of a common concept that its definition names. Under the least share a concept is no part of a path.
_KNOWN_WEIGHT, _LEAST_SHARE = 10.0, 0.02


@dataclass(frozen=True, kw_only=True)
class Step:
    """One concept of a learning path."""

    concept: Concept
    #: Steps before it that it rests on directly.
    needs: tuple[Concept, ...]


@dataclass(frozen=True, kw_only=True)
class LearningPath:
    """Concepts in the order in which they are best learned; the last one is what was asked for."""

    steps: tuple[Step, ...]
    #: True when more is needed than these: the nearest and weightiest were chosen.
    shortened: bool


def chosen(target: str, needs: Iterable[Need], most: int) -> tuple[list[str], bool]:
    """Return at most `most` concepts for a path to `target`, itself included, and whether some were left out.

    A concept's share is what its successors hand on of theirs, by the weights of what they need, less with every step: what
    matters to the target comes before what a chain of others mentions.
    """
    before = _before(needs)
    shares = {target: 1.0}
    for concept in _successors_first(target, before):
        total = _KNOWN_WEIGHT + sum(need.weight for need in before[concept])
        for need in before[concept]:
            shares[need.needs] = shares.get(need.needs, 0.0) + shares[concept] * need.weight / total
    ranked = sorted(shares, key=lambda one: (-shares[one], one))
    near = [one for one in ranked if shares[one] >= _LEAST_SHARE]
    return near[:most], len(near) > most


def _successors_first(target: str, before: Mapping[str, Sequence[Need]]) -> list[str]:
    """Return all that `target` rests on, each behind everything that rests on it."""
    ordered: list[str] = []
    entered, waiting = set[str](), [(target, False)]
    while waiting:
        concept, left = waiting.pop()
        if left:
            ordered.append(concept)
        elif concept not in entered:
            entered.add(concept)
            waiting.append((concept, True))
            waiting += [(need.needs, False) for need in before.get(concept, ())]
    return ordered[::-1]


def path_of(concepts: Sequence[Concept], needs: Iterable[Need], *, shortened: bool) -> LearningPath:
    """Return the path of the chosen concepts: by the course's order, which every prerequisite goes along with."""
    ordered = sorted(concepts, key=lambda concept: concept.order)
    by_id = {concept.id: concept for concept in ordered}
    direct = reduced([need for need in needs if need.concept in by_id and need.needs in by_id])
    return LearningPath(
        steps=tuple(
            Step(
                concept=one,
                needs=tuple(earlier for earlier in ordered if earlier.id in direct.get(one.id, ())),
            )
            for one in ordered
        ),
        shortened=shortened,
    )


def reduced(needs: Sequence[Need]) -> Mapping[str, set[str]]:
    """Return the prerequisites of each concept without those that another prerequisite needs itself.

    The transitive reduction of a graph without cycles (Aho, Garey, Ullman 1972).
    """
    before = {concept: {need.needs for need in some} for concept, some in _before(needs).items()}
    above: dict[str, set[str]] = {}

    def all_of(concept: str) -> set[str]:
        if concept not in above:
            direct = before.get(concept, set())
            above[concept] = direct  # met again, it stands in a circle: none is made, and none holds anybody
            above[concept] = direct.union(*(all_of(one) for one in direct))
        return above[concept]

    return {
        concept: {one for one in direct if not any(one in all_of(other) for other in direct if other != one)}
        for concept, direct in before.items()
    }


def _before(needs: Iterable[Need]) -> defaultdict[str, list[Need]]:
    found: defaultdict[str, list[Need]] = defaultdict(list)
    for need in needs:
        found[need.concept].append(need)
    return found
