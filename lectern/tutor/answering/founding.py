"""Found: what the concept that a question asks about rests on, as far as it is worth a student's time.

A question asks about a concept when the words of its name are more than half of what the question is about: "what is recursion?",
not "which loop is faster in a recursive function?". It rests on what its own definition names and the course defines before it.
"""

from collections.abc import Iterator, Sequence
from itertools import chain

from lectern.tutor.answering.matching import subject_words
from lectern.tutor.concepts.mentioning import holds
from lectern.tutor.concepts.naming import LONGEST_LOOK_UP, MOST_WORDS, Key, is_code, key_of, spelled
from lectern.tutor.domain.concept import Concept, Underlaid

#: Concepts that are told.
MOST = 3
#: Words of a question that are looked at: a longer one asks about no single concept.
_LONGEST = 40
_AROUND = "\"'“”„«»‘’`*,;:.!?…([{)]}"


def asked_keys(question: str) -> list[str]:
    """Return what may be the name of the concept asked about, the longest first, as stores look it up."""
    subjects = {form for word in subject_words(question) for _, _, form in spelled(word)}
    names = list(_names(question))
    # Once for each word: a question of twenty words has a hundred names, and each word stands in many of them.
    covered = {word: subjects & {form for _, _, form in spelled(word)} for word in set(chain(*names))}
    asked = [
        name for name in names if 2 * len(set[str]().union(*(covered[word] for word in name))) > len(subjects)
    ]
    longest_first = sorted(dict.fromkeys(asked), key=len, reverse=True)
    return [" ".join(name)[:LONGEST_LOOK_UP] for name in longest_first]


def foundations(question: str, found: Sequence[Underlaid]) -> list[Concept]:
    """Return what the concept asked about rests on, the weightiest first; nothing where it is not clear which one that is.

    What the question names itself is known to who asks.
    """
    outer = [one for one in found if not any(_inside(one, other) for other in found)]
    if len({one.concept.id for one in outer}) != 1 or not outer[0].concept.is_definition:
        return []
    concept, asked = outer[0].concept, _words(question)
    definition = _words(concept.sentence)
    return [
        one
        for one in outer[0].needs
        if one.is_definition and _named_in(one, definition) and not _named_in(one, asked)
    ][:MOST]


def _names(question: str) -> Iterator[Key]:
    words = [form for _, _, form in spelled(question)][:_LONGEST]
    for start in range(len(words)):
        for end in range(start + 1, min(len(words), start + MOST_WORDS) + 1):
            yield tuple(words[start:end])
    for written in question.split()[:_LONGEST]:
        # "print()?", but not "print(": brackets that belong to the name stay.
        for name in {written.strip(_AROUND), written.strip(_AROUND.replace(")", ""))}:
            if is_code(name):
                yield (name,)


def _inside(one: Underlaid, other: Underlaid) -> bool:
    return holds(tuple(other.key.split()), tuple(one.key.split()))


def _words(text: str) -> Key:
    return tuple(form for _, _, form in spelled(text))


def _named_in(concept: Concept, words: Key) -> bool:
    keys = (key_of(name) for name in (concept.name, *concept.aliases))
    return any(key and (key == words or holds(words, key)) for key in keys)
