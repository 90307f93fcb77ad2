"""Reword a question that found too little: spell out signs, add the topic."""

import re
from collections.abc import Collection, Iterable

from lectern.tutor.answering.matching import stem, subject_words
from lectern.tutor.retrieval.words import distinct_words, holds

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
_SIGN = re.compile("|".join(re.escape(sign) for sign in sorted(_SPOKEN, key=len, reverse=True)))


def rewording(query: str, *, other_reading: str) -> str:
    """Return another wording of `query` that is worth a search, or `query` itself when there is none."""
    return spoken(query) if spoken(query) != query else other_reading or query


def other_reading(question: str, query: str, *, leans: bool, topic: str, missing: Collection[str]) -> str:
    """Return the question as it reads if it leans on the conversation where we thought that it does not, or the reverse.

    "" when it has no such reading, or when the course lacks some of its words in any case.
    """
    if missing:
        return ""
    if leans:  # with a pronoun filled in it surely leans
        return " ".join(subject_words(question)) if query.startswith(question.strip()) else ""
    return f"{query} {topic}" if topic else ""


def missing_words(question: str, found: Iterable[str]) -> list[str]:
    """Return the asked words that no passage found has in any form: the course does not speak of them, or a typing error.

    What was found is as much of the course's vocabulary as a question needs.
    """
    known = [distinct_words(text) for text in found]
    unseen = [word for word in subject_words(question) if not any(holds(text, word) for text in known)]
    forms = {stem(word) for text in known for word in text.split()} if unseen else set()
    return [word for word in unseen if stem(word) not in forms]


def spoken(question: str) -> str:
    """Return `question` with its signs named: "= or ==" asks about assignment and comparison."""
    names = [_SPOKEN[sign] for sign in dict.fromkeys(_SIGN.findall(question))]
    return f"{question} {'; '.join(names)}" if names else question


def without_words(question: str, words: Collection[str]) -> str:
    """Return `question` without `words` (lower case)."""
    return " ".join(part for part in re.findall(r"[\w'’]+", question) if part.lower() not in words)
