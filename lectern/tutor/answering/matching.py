"""Match words of a question with words of a text, whatever their endings; tell what a question is about from how it asks."""

import math
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

from lectern.tutor.retrieval.words import words

_SIGNS = re.compile(r"[=!<>+*/%&|^~@#-]{1,3}")
_VOWEL = re.compile(r"[aeiouyäöüáéíóúàèêâîôûœæ]")

#: Words that hold a sentence together.
_FUNCTION = """
    a about after all also am among an and any are as at be been before being between but by can could did do does doing done for from
    get gets got had has have having he her here him his how i if im in into is it its ll me more most my myself no not of on
    one only or other our out over own re s she should so some such t than that thats the their theirs them then there these
    they this those to too u under up ur us ve very was way we were what whats when where which while who whom whose why will
    with would you your yours
"""
#: Words that say how something is asked, or nothing in particular; what they stand beside is the subject.
_ASKING = """
    again anything called come define definition describe difference differences differ example examples exactly explain
    explanation give help hello hi kind know let lets like make makes mean meaning means meant mind need now ok okay please
    possible question really right simple simply something stuff sure tell thanks thing things try trying understand use used
    uses using want wants work works versus vs
"""
_FUNCTION_WORDS, _ASKING_WORDS = frozenset(_FUNCTION.split()), frozenset(_ASKING.split())


def tokens(text: str) -> list[str]:
    """Return the words of `text` in order, in lower case; scripts without blanks as pairs of characters."""
    return list(words(text))


@lru_cache(maxsize=20_000)
def stem(word: str) -> str:
    """Return `word` without its English ending, so that "loops", "looping" and "looped" are equal. Not for display."""
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "i"
    for ending in ("ing", "ed"):
        if len(word) > len(ending) + 2 and word.endswith(ending) and _VOWEL.search(word[: -len(ending)]):
            return _undoubled(word[: -len(ending)])
    if len(word) > 4 and word.endswith(("xes", "ses", "zes", "ches", "shes")):
        return word[:-2].removesuffix("e")
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    if len(word) > 3 and word.endswith("y"):
        return word[:-1] + "i"
    return word.removesuffix("e") if len(word) > 3 else word


def stems(text: str) -> set[str]:
    """Return the stems of all words of `text`."""
    return {stem(word) for word in tokens(text)}


def signs(text: str) -> list[str]:
    """Return the signs of `text` that stand for something in code or arithmetic, each once: "= or ==" has two."""
    return list(dict.fromkeys(_SIGNS.findall(text)))


def is_function_word(word: str) -> bool:
    """Return True for words such as "the", "is", "how"."""
    return word in _FUNCTION_WORDS


def subject_words(question: str) -> list[str]:
    """Return the words that a question is about, in order, each once; [] when it has none ("why?", "any example?")."""
    return list(
        dict.fromkeys(w for w in tokens(question) if w not in _FUNCTION_WORDS and w not in _ASKING_WORDS)
    )


def words_asked(question: str) -> list[str]:
    """Return the subject words; where there are none, the signs ("= or ==?"), else all words ("what is if for")."""
    return subject_words(question) or signs(question) or list(dict.fromkeys(tokens(question)))


def rarity(asked: Iterable[str], texts: Iterable[set[str]]) -> dict[str, float]:
    """Return a weight above 0 for the stem of each word: the fewer of `texts` (as stems) have it, the higher.

    Stands in for the inverse document frequency, which an index need not tell: the texts are what the search found.
    """
    found = list(texts)
    wanted = dict.fromkeys(map(stem, asked))  # in order: sums must not depend on how a process hashes
    return {w: math.log(1 + (len(found) + 1) / (sum(w in text for text in found) + 0.5)) for w in wanted}


def share_covered(weights: Mapping[str, float], text: set[str]) -> float:
    """Return the share (0..1) of `weights` whose stems stand in `text` (as stems); 1 when nothing is asked."""
    total = sum(weights.values())
    return sum(weight for word, weight in weights.items() if word in text) / total if total else 1.0


def _undoubled(word: str) -> str:
    if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "lsz":
        return word[:-1]
    return word.removesuffix("e")
