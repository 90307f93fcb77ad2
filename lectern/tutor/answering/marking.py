"""Find a term in a sentence, and put a mark in its place, so that a grammar can speak of it."""

import re
from collections.abc import Collection
from typing import NamedTuple

from lectern.tutor.answering.matching import stem

#: Stands for the term in a sentence that is looked at.
MARK = "\x01"

_WORD = re.compile(r"[^\W_]+", re.UNICODE)
#: What belongs to a name in code: "items." before append, "(value)" behind it. But "loop(s)" is a word.
_OWNER = re.compile(r"(?:[^\W\d]\w*\.)+$")
#: `__init__` is written with them.
_UNDERSCORES_BEFORE, _UNDERSCORES = re.compile(r"_+\Z"), re.compile(r"_+")
_CALL = re.compile(r"\((?!(?:s|es|n|en|in)\))[^()]*\)")


class Marked(NamedTuple):
    """A sentence with a mark instead of the term, and without the backticks of code."""

    text: str
    #: True where the term stands there as a name in code: `append()`, `items.append(value)`, `break`.
    coded: bool


def marked(sentence: str, spellings: Collection[tuple[str, ...]], *, loose: bool) -> list[Marked]:
    """Return the sentence with an occurrence of a term marked, for each of its spellings (stems of its words).

    Of each the first occurrence, and the first that is a name in code; [] where none occurs. Where `loose`, endings may
    differ more than English ones do.
    """
    words = [(stem(found[0].lower()), found.start(), found.end()) for found in _WORD.finditer(sentence)]
    found: list[Marked] = []
    for spelling in spellings:
        size = len(spelling)
        places = [
            at
            for at in range(len(words) - size + 1)
            if all(_same(words[at + place][0], spelling[place], loose) for place in range(size))
        ]
        occurrences = [_with_mark(sentence, words[at][1], words[at + size - 1][2]) for at in places]
        found += occurrences[:1]
        found += [one for one in occurrences[1:] if one.coded][:1]
    return found


def _with_mark(sentence: str, start: int, end: int) -> Marked:
    call = _CALL.match(sentence, end)
    owner = _OWNER.search(sentence, 0, start)
    start, end = owner.start() if owner else start, call.end() if call else end
    before, behind = _UNDERSCORES_BEFORE.search(sentence, 0, start), _UNDERSCORES.match(sentence, end)
    start, end = before.start() if before else start, behind.end() if behind else end
    ticked = sentence[:start].endswith("`") and sentence.startswith("`", end)
    text = f"{sentence[:start]}{MARK}{sentence[end:]}".replace("`", "")
    return Marked(text, coded=ticked or call is not None)


def _same(word: str, asked: str, loose: bool) -> bool:
    if word == asked or not loose:
        return word == asked
    short, long = sorted((word, asked), key=len)
    return len(short) > 3 and len(long) - len(short) < 3 and long.startswith(short)
