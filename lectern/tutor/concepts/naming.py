"""Names: what a concept is called, and which names are one. Duplicates are the first complaint about graphs of concepts.

Two names are one when they differ in case, hyphens, blanks or number only. Words are never cut down further: a stemmer
that makes "organ" of "organism" joins what has nothing in common.
"""

import re
import unicodedata
from functools import lru_cache

from lectern.tutor.retrieval.words import UNSPACED

#: Longest name in words and in characters: what is longer is a phrase.
MOST_WORDS, MOST_CHARACTERS = 6, 60

#: Longest form of a name that stores keep to find it by, in characters.
LONGEST_LOOK_UP = 200

#: The words of a name, in order, in the form in which names are compared.
Key = tuple[str, ...]

#: "C++" and "F−" are words with their signs.
_WORD = re.compile(r"[^\W_]+(?:['’][^\W\d_]{1,2}\b)?(?:(?<=[^\W\d_])[+#−]{1,2}(?!\w))?")
_NUMBERING = re.compile(r"^(?:\d+(?:\.\d+)*[.)]?|[ivxIVX]{1,4}[.)]|[-–—•*#]+)\s+")
#: Endings of learned words with those of their other number, and how much must stand before them: "hypothes" is what
#: `form` makes of "hypotheses", while "bas" is "base" and not "basis".
_LEARNED = (
    *(("um", "a", 3), ("a", "um", 3), ("us", "i", 3), ("i", "us", 3)),
    *(("on", "a", 5), ("a", "on", 5), ("is", "", 5), ("", "is", 5)),
)
_AROUND = "\"'“”„«»‘’*_,;:.!?…()[] \t\n"
#: A name of program code: a call, a name with underscores or dots inside, or signs alone.
_CODE = re.compile(r"[\w.]+\(\)|[\w.]*_[\w.]*|\w+(?:\.\w+)+|[^\w\s]{1,4}")
_BRACKETS = re.compile(r"\s*[(\[][^()\[\]]*[)\]]")
_TICKED = re.compile(r"(`{1,2})(?!`)(.+?)(?<!`)\1(?!`)")


def tidied(name: str) -> str:
    """Return a name without numbering, quotes and marks around it, and what brackets add; "" for one that is none."""
    plain = " ".join(_TICKED.sub(lambda ticked: ticked[2].strip(), name).split())
    if is_code(plain):
        return plain
    bare = " ".join(_BRACKETS.sub(" ", _NUMBERING.sub("", plain)).split()).strip(_AROUND)
    return bare if _may_be_name(bare) else ""


def is_code(name: str) -> bool:
    """Return True for a name that is written as program code is."""
    return bool(_CODE.fullmatch(name))


def key_of(name: str) -> Key:
    """Return what is equal for names that are one. Code is itself; () for what has no word."""
    if is_code(name):
        return (name,)
    return tuple(form for _, _, form in spelled(name))


def spelled(text: str) -> list[tuple[int, int, str]]:
    """Return the words of a text: start, end, and the form in which they are compared.

    Scripts without blanks come sign by sign, so that a name is found inside a run of them.
    """
    found: list[tuple[int, int, str]] = []
    for word in _WORD.finditer(text):
        start, end = word.span()
        if word[0].isascii() or not UNSPACED.search(word[0]):
            found.append((start, end, form(word[0])))
            continue
        position = start
        for run in UNSPACED.finditer(text, start, end):
            if run.start() > position:
                found.append((position, run.start(), form(text[position : run.start()])))
            found += [(at, at + 1, text[at]) for at in range(run.start(), run.end())]
            position = run.end()
        if position < end:
            found.append((position, end, form(text[position:end])))
    return found


@lru_cache(maxsize=50_000)
def form(word: str) -> str:
    """Return a word in the form in which names are compared: lower case, singular.

    What is written in capitals alone stays so: "IT" is not "it". An English plural's ending is cut, more for a form
    that both numbers share than for a word.
    """
    word = unicodedata.normalize("NFKC", word)
    word = re.sub(r"['’]\w{0,2}$", "", word) or word
    capitals = word[:-1] if len(word) > 2 and word.endswith("s") else word
    if len(capitals) > 1 and capitals.isupper() and not capitals.isdigit():
        return capitals
    word = word.casefold()
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    if len(word) > 3 and word.endswith("ie"):
        return word[:-1]
    if len(word) > 3 and word.endswith("y"):
        return word[:-1] + "i"
    return word[:-1] if len(word) > 3 and word.endswith("e") else word


def other_numbers(key: Key) -> list[Key]:
    """Return what a name may be in its other number, were its last word Latin or Greek: "bacterium" for "bacteria"."""
    *before, last = key
    return [
        (*before, last.removesuffix(ending) + other)
        for ending, other, shortest in _LEARNED
        if last.endswith(ending) and len(last) - len(ending) >= shortest
    ]


def folded(name: str) -> str:
    """Return a name as it is looked up: without regard to case, kinds of blanks, and hyphens for blanks."""
    plain = unicodedata.normalize("NFKC", name).casefold()
    return " ".join((plain if is_code(plain) else re.sub(r"[-‐‑–_]+", " ", plain)).split()) or plain


def looked_up(name: str) -> tuple[str, str]:
    """Return by what stores find a name: `folded`, and what is the same for all its numbers and spellings."""
    return folded(name)[:LONGEST_LOOK_UP], " ".join(key_of(tidied(name) or name))[:LONGEST_LOOK_UP]


def _may_be_name(name: str) -> bool:
    if not name or len(name) > MOST_CHARACTERS:
        return False
    key = key_of(name)
    if UNSPACED.search(name):
        return len(name) <= 3 * MOST_WORDS
    return bool(key) and len(key) <= MOST_WORDS and any(any(c.isalpha() for c in word) for word in key)
