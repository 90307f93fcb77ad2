"""The words of a text, in any script: what questions and passages are compared by."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import chain

_FUNCTION_WORDS = """
    a about an any are at be been being but by can could did do does each had has have he her him his how i
    into is it its may me might must my of on our shall she should so some such than that the their them then
    there these they this those to too us was we were what when where which who whom whose why will would you
    your
"""

#: Words that stand everywhere. Words that are Python's too (for, while, if, not, with) are not among them:
#: "for loop" is not "loop".
STOP_WORDS = frozenset(_FUNCTION_WORDS.split())

_INSTRUCTIONS = """
    answer answers call called choose correct define describe difference differences differ example examples
    explain false find following give list mean meaning means name please question select statement statements
    tell term true use used using work works
"""

#: Words with which a question asks, and which its answer need not hold.
INSTRUCTION_WORDS = frozenset(_INSTRUCTIONS.split())

#: Runs of scripts written without blanks between words: Thai, Lao, Myanmar, Khmer, Han, kana.
UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u2fdf\u3005-\u3007\u3041-\u309f\u30a1-\u30ff\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9f\U00020000-\U000323af]+"
)

#: Passages whose words and stems are remembered, about 4 kB each with the text: the same ones are found for many
#: questions.
REMEMBERED_PASSAGES = 4096

#: More different signs beyond ASCII than these are not replaced one by one.
_FEW_SIGNS = 16

#: Longest first: only one ending is cut.
_ENDINGS = ("ations", "ation", "ings", "ing", "ies", "ied", "ed", "es", "ly", "s", "e", "y")

#: What is left of a word when an ending is cut.
_SHORTEST_STEM = 3


def words(text: str) -> Iterator[str]:
    """Yield words in lower case, in order; scripts without blanks as overlapping pairs of characters."""
    return iter(_words(text))


@lru_cache(maxsize=256)
def _words(text: str) -> tuple[str, ...]:
    """Remembered for the sentences of a few questions: each step of a question looks at the same ones again."""
    plain = _lettered(text).lower()
    if plain.isascii():
        return tuple(plain.split())
    return tuple(chain.from_iterable((word,) if word.isascii() else _cut(word) for word in plain.split()))


def _lettered(text: str) -> str:
    """Return `text` with a blank for each character that is no letter, number or mark.

    A few signs beyond ASCII ("’", "–", "›") go first: ASCII texts are translated ten times as fast.
    """
    if not text.isascii():
        signs = [char for char in set(text) if char > "\x7f" and _LETTERS[ord(char)] == " "]
        for sign in signs if len(signs) <= _FEW_SIGNS else ():
            text = text.replace(sign, " ")
    return text.translate(_LETTERS)


@lru_cache(maxsize=REMEMBERED_PASSAGES)
def distinct_words(text: str) -> str:
    """Return the words of a passage, each once, between single blanks; remembered, see `holds`."""
    return between_blanks(words(text))


@lru_cache(maxsize=REMEMBERED_PASSAGES)
def distinct_stems(text: str) -> str:
    """Return the stems of a passage as `distinct_words` does."""
    return between_blanks(map(stem, distinct_words(text).split()))


def holds(distinct: str, word: str) -> bool:
    """Return True when `word` is one of `distinct`, words or stems. A string has a tenth of the size of a set."""
    return f" {word} " in distinct


def between_blanks(words: Iterable[str]) -> str:
    """Return words as they stand in what `distinct_words` and `distinct_stems` return; so `holds` finds a single one."""
    return f" {' '.join(dict.fromkeys(words))} "


def content_stems(text: str) -> list[str]:
    """Return the stems of the words that carry meaning, each once, in order."""
    telling = (word for word in words(text) if word not in STOP_WORDS and word not in INSTRUCTION_WORDS)
    return list(dict.fromkeys(stem(word) for word in telling))


@lru_cache(maxsize=20_000)
def stem(word: str) -> str:
    """Cut a common English ending: rough, but the same for a word's forms in question and passage."""
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _SHORTEST_STEM:
            return word[: -len(ending)]
    return word


def pairs(run: str) -> list[str]:
    """Return the overlapping pairs of neighbouring characters."""
    return [run[at : at + 2] for at in range(len(run) - 1)]


def _cut(word: str) -> Iterator[str]:
    """Yield the pairs of unspaced runs in `word`, and what stands between them."""
    end = 0
    for run in UNSPACED.finditer(word):
        if run.start() > end:
            yield word[end : run.start()]
        yield from pairs(run[0]) or [run[0]]
        end = run.end()
    if end < len(word):
        yield word[end:]


class _Letters(dict[int, str]):
    """A table for `str.translate` that keeps letters, numbers and marks and blanks the rest; fills itself."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        self[code] = char if unicodedata.category(char)[0] in "LNM" else " "
        return self[code]


_LETTERS = _Letters()
