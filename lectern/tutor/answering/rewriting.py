"""Reword a question that found too little: mend its spelling by the course's own words, spell out signs, add the topic."""

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping

from lectern.tutor.answering.matching import is_function_word, stem, subject_words, tokens

#: How signs of programming and arithmetic are spoken of; searches by words know no signs.
_SPOKEN = {
    "==": "double equals, comparison equal to",
    "!=": "not equal to",
    "<=": "less than or equal to",
    ">=": "greater than or equal to",
    "+=": "add and assign, augmented assignment",
    "**": "power, exponent",
    "//": "floor division",
    "->": "arrow",
    "&&": "logical and",
    "||": "logical or",
    "=": "single equals sign, assignment",
    "<": "less than",
    ">": "greater than",
    "+": "plus, addition",
    "*": "asterisk, multiplication",
    "%": "percent sign, modulo, remainder",
    "#": "hash sign",
    "&": "ampersand",
    "@": "at sign",
    "[]": "square brackets",
    "{}": "curly braces",
    "()": "parentheses",
    "\\": "backslash",
}
_KEYS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_SIGN = re.compile("|".join(re.escape(sign) for sign in sorted(_SPOKEN, key=len, reverse=True)))


def words_of_course(texts: Iterable[str]) -> Counter[str]:
    """Count the words of the passages that were found: as much of the course's vocabulary as a question needs."""
    return Counter(word for text in texts for word in tokens(text))


def rewording(query: str, *, mended: str, other_reading: str) -> str:
    """Return another wording of `query` that is worth a search, or `query` itself when there is none."""
    if mended != query or spoken(query) != query:
        return spoken(mended)
    return other_reading or query


def other_reading(question: str, query: str, *, leans: bool, topic: str, missing: Collection[str]) -> str:
    """Return the question as it reads if it leans on the conversation where we thought that it does not, or the reverse.

    "" when it has no such reading, or when the course lacks some of its words in any case.
    """
    if missing:
        return ""
    if leans:  # with a pronoun filled in it surely leans
        return " ".join(subject_words(question)) if query.startswith(question.strip()) else ""
    return f"{query} {topic}" if topic else ""


def missing_words(question: str, vocabulary: Collection[str]) -> list[str]:
    """Return the asked words that no found passage has in any form: the course does not speak of them, or a typing error."""
    known = {stem(word) for word in vocabulary}
    return [word for word in subject_words(question) if stem(word) not in known]


def mended(question: str, vocabulary: Mapping[str, int], is_word: Callable[[str], bool]) -> str:
    """Return `question` with each word that is one slip away from a word of the course put right; else unchanged.

    A slip is two letters swapped, one left out, doubled, or hit beside its key, in words of five letters and more. What
    `is_word` is right as it stands: "who invented Python" does not ask who indented it.
    """
    for word in missing_words(question, vocabulary):
        if is_word(word):
            continue
        right = _nearest(word, vocabulary)
        if right:
            question = re.sub(rf"\b{re.escape(word)}\b", right, question, flags=re.IGNORECASE)
    return question


def spoken(question: str) -> str:
    """Return `question` with its signs named: "= or ==" asks about assignment and comparison."""
    names = [_SPOKEN[sign] for sign in dict.fromkeys(_SIGN.findall(question))]
    return f"{question} {'; '.join(names)}" if names else question


def without_words(question: str, words: Collection[str]) -> str:
    """Return `question` without `words` (lower case)."""
    return " ".join(part for part in re.findall(r"[\w'’]+", question) if part.lower() not in words)


def _nearest(word: str, vocabulary: Mapping[str, int]) -> str | None:
    """Return the most frequent word one slip away, or None."""
    if len(word) < 5 or is_function_word(word):
        return None
    near = [known for known in vocabulary if _one_slip(word, known)]
    return max(near, key=lambda known: (vocabulary[known], known)) if near else None


def _one_slip(typed: str, meant: str) -> bool:
    """Return True when one slip of the fingers makes `typed` of `meant`: other differences are other words."""
    if abs(len(typed) - len(meant)) > 1 or len(meant) < 4 or not meant.isalpha():
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
