"""Build: make the concepts of a course out of its passages.

The course is read twice, one document at a time: once for the names that it gives, once for where it speaks of them.
What is kept meanwhile are names, numbers and places, not texts.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256

from lectern.tutor.concepts.finding import NOTHING_NAMED, Candidates
from lectern.tutor.concepts.mentioning import Lexicon
from lectern.tutor.concepts.merging import Merged, merge
from lectern.tutor.concepts.naming import Key, is_code, key_of, tidied
from lectern.tutor.concepts.reading import Reading
from lectern.tutor.concepts.relating import Together
from lectern.tutor.concepts.requiring import requirements
from lectern.tutor.domain.concept import Concept, CourseConcepts, Kinship, NamedConcept, Need
from lectern.tutor.domain.passage import Passage

#: Concepts of one course. A textbook of 1,300 pages has about 1,500.
MOST_CONCEPTS = 10_000
MOST_ALIASES = 8
_MOST_RELATED = 10
_MOST_PLACES = 4
#: Passages that must name what only a heading speaks for.
_OFTEN = 3


def build(
    documents: Sequence[str],
    passages_of: Callable[[str], Sequence[Passage]],
    material: str,
    named: Mapping[str, Sequence[NamedConcept]] = NOTHING_NAMED,
) -> CourseConcepts:
    """Return the concepts of the course that consists of `documents`, in its order.

    `named` is what a language model named in its passages, by the hashes of their texts.
    """
    candidates = Candidates()
    for document in documents:
        candidates.add_document(passages_of(document), named)
    merged = merge(candidates, MOST_CONCEPTS)
    lexicon = Lexicon({key: number for number, one in enumerate(merged) for key in sorted(one.keys)})
    reading = Reading(lexicon, named)
    for document in documents:
        reading.add_document(passages_of(document))
    together = Together(reading.postings)
    # What no running text names is taught nowhere.
    taught = sorted(
        (n for n in reading.explanations if merged[n].is_told or together.passages(n) >= _OFTEN),
        key=lambda n: (reading.explanations[n].passage, reading.explanations[n].offset, n),
    )
    concepts = {
        number: _concept(merged[number], number, order, reading) for order, number in enumerate(taught)
    }
    everyday = {number for number in taught if reading.is_everyday(number)}
    keys = [sorted(one.keys) for one in merged]
    needed = requirements(reading.explanations, keys, together, everyday, reading.needs)
    return CourseConcepts(
        concepts=tuple(concepts.values()),
        needs=tuple(
            Need(concept=concepts[number].id, needs=concepts[other].id, weight=round(weight, 4))
            for number in taught
            for other, weight in needed[number]
            if other in concepts
        ),
        kinships=tuple(
            Kinship(concept=concepts[number].id, related=concepts[other].id, weight=round(weight, 4))
            for number in taught
            for other, weight in together.kin(number, _MOST_RELATED)
            if other in concepts
        ),
        material=material,
    )


def _concept(merged: Merged, number: int, order: int, reading: Reading) -> Concept:
    explanation = reading.explanations[number]
    name, aliases = _names(merged, reading.spellings[number])
    return Concept(
        id=sha256("\0".join(merged.key).encode()).hexdigest()[:12],
        name=name,
        aliases=aliases,
        sentence=explanation.sentence or merged.meaning,
        is_definition=explanation.is_definition or bool(merged.meaning and not explanation.sentence),
        order=order,
        first=reading.places[reading.first[number]],
        explained=reading.places[explanation.passage],
        places=tuple(reading.places[at] for at in _sections(number, explanation.passage, reading)),
    )


def _names(merged: Merged, written: Counter[str]) -> tuple[str, tuple[str, ...]]:
    """Return the spelling that the course uses most inside of sentences, and other names; other numbers are none."""
    plain = ((tidied(one.replace("`", "")), times) for one, times in written.items())
    written = Counter({one: times for one, times in plain if one})
    spellings = merged.spellings if is_code(merged.key[0]) else written or merged.spellings
    name = max(spellings, key=lambda one: (spellings[one], -len(one), one))
    others: dict[Key, str] = {}
    for other, _ in (written + merged.spellings).most_common():
        others.setdefault(key_of(other), other)
    others.pop(key_of(name), None)
    return name, tuple(others.values())[:MOST_ALIASES]


def _sections(number: int, explained: int, reading: Reading) -> list[int]:
    """Return the passages at which other sections begin to speak of a concept, for those that do so most."""
    there = reading.places[explained]
    here = (there.document, *there.heading_path)
    counted = [
        (times, at)
        for section, (times, at) in reading.sections[number].items()
        if section != here and times > 1
    ]
    return sorted(at for _, at in sorted(counted, key=lambda pair: (-pair[0], pair[1]))[:_MOST_PLACES])
