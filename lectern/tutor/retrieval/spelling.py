"""Put typing errors of a question right by the course's own words, before anything is searched."""

import re
from collections.abc import Callable, Mapping
from itertools import islice

from lectern.tutor.retrieval.words import stem, words

#: A shorter word that the course lacks may be anything.
SHORTEST_TYPED = 5
SHORTEST_MEANT = 4
#: Unknown words that are looked up: a text with more is in another language, or no question.
_MOST_UNKNOWN = 8
_KEYS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")


def mended(
    question: str, spelled_like: Callable[[str], Mapping[str, int]], is_word: Callable[[str], bool]
) -> str:
    """Return `question` with each word that is one slip away from a word of the course put right; else unchanged.

    A slip is two letters swapped, one left out, doubled, or hit beside its key, in words of five letters and more.
    `spelled_like` gives the course's words that come into question, with their frequencies: the most frequent is meant.
    What `is_word` is right as it stands: "who invented Python" does not ask who indented it.
    """
    unknown = (
        word
        for word in dict.fromkeys(words(question))
        if len(word) >= SHORTEST_TYPED and word.isalpha() and not is_word(word)
    )
    for word in islice(unknown, _MOST_UNKNOWN):
        right = _meant(word, spelled_like(word))
        if right:
            question = re.sub(rf"\b{re.escape(word)}\b", right, question, flags=re.IGNORECASE)
    return question


def meant_words(text: str) -> set[str]:
    """Return the words of a text to which a typing error may be put right: most of a vocabulary are numbers and signs."""
    return {word for word in words(text) if len(word) >= SHORTEST_MEANT and word.isalpha()}


def _meant(word: str, known: Mapping[str, int]) -> str | None:
    """Return the most frequent word one slip away; None where there is none, or the course has `word` in any form."""
    if word in known:
        return None
    near = [other for other in known if _one_slip(word, other)]
    if any(stem(other) == stem(word) for other in near):
        return None
    return max(near, key=lambda other: (known[other], other)) if near else None


def _one_slip(typed: str, meant: str) -> bool:
    """Return True when one slip of the fingers makes `typed` of `meant`: other differences are other words."""
    if abs(len(typed) - len(meant)) > 1 or len(meant) < SHORTEST_MEANT or not meant.isalpha():
        return False
    start = next(
        (at for at, (a, b) in enumerate(zip(typed, meant, strict=False)) if a != b),
        min(len(typed), len(meant)),
    )
    rest, right = typed[start:], meant[start:]
    if len(typed) < len(meant):
        return start > 0 and rest == right[1:]
    if len(typed) > len(meant):
        return start > 0 and rest[1:] == right and rest[0] == typed[start - 1]
    swapped = len(rest) > 1 and rest[:2] == right[1::-1] and rest[2:] == right[2:]
    return swapped or (start > 0 and rest[1:] == right[1:] and _near(rest[:1], right[:1]))


def _near(typed: str, meant: str) -> bool:
    """Return True for letters that lie side by side on the keyboard, and for two vowels."""
    places = [
        (row, key)
        for letter in (typed, meant)
        for row, keys in enumerate(_KEYS)
        if (key := keys.find(letter)) >= 0
    ]
    vowels = set("aeiouy").issuperset({typed, meant})
    (one, other) = places if len(places) == 2 else ((0, 0), (9, 9))
    return vowels or (abs(one[0] - other[0]) <= 1 and abs(one[1] - other[1]) <= 1)
