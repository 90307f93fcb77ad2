"""Mentions: where a text speaks of which concept. Of names within names the longest counts."""

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from lectern.tutor.concepts.abbreviating import split_name
from lectern.tutor.concepts.naming import Key, is_code, key_of, spelled, tidied
from lectern.tutor.retrieval.words import STOP_WORDS

_FENCED = re.compile(r"^(`{3,}).*?(?:^\1`*\s*$|\Z)", re.MULTILINE | re.DOTALL)
_TICKED = re.compile(r"(`{1,2})(?!`)([^\n]+?)(?<!`)\1(?!`)")
_WORDS = re.compile(r"\w+(?:[ -]\w+)*")
_CALL = re.compile(r"[\w.]+(?=\()")
#: What may stand between the words of a name, besides blanks; and letters of a word that may have a full stop behind it.
_PASSED_OVER = dict.fromkeys(map(ord, "’'`"))
_JOINTS, _SHORTENED = ("", "-", "‐", "‑", "–", "/", "+"), 2
#: Words that hold sentences together besides those that search drops: as names they are Python's, and stand in backticks.
_ALSO_WORDS = STOP_WORDS | frozenset(
    [
        "and",
        "or",
        "not",
        "if",
        "for",
        "in",
        "is",
        "as",
        "with",
        "while",
        "from",
        "else",
        "none",
        "true",
        "false",
    ]
)


@dataclass(frozen=True)
class Mention:
    """A concept's name in a text, from `start` to `end`."""

    start: int
    end: int
    #: Number of the concept.
    concept: int


class Lexicon:
    """The names of all concepts of a course."""

    def __init__(self, names: Mapping[Key, int]) -> None:
        self._code = {
            key[0]: concept for key, concept in names.items() if len(key) == 1 and _only_as_code(key[0])
        }
        self._names = {key: concept for key, concept in names.items() if key and key[0] not in self._code}
        #: The most words that a name with this first word has.
        self._longest: dict[str, int] = {}
        for key in self._names:
            self._longest[key[0]] = max(len(key), self._longest.get(key[0], 0))

    def mentions(self, text: str, terms: Sequence[str] = ()) -> list[Mention]:
        """Return the mentions in `text` outside of blocks of code, in order; none overlaps another.

        `terms` are what its author set off in it: they are mentions however they are written.
        """
        prose = _FENCED.sub(lambda block: " " * len(block[0]), text)
        found = [*self._in_code(prose), *self._in_words(prose), *self._set_off(prose, terms)]
        found.sort(key=lambda mention: (mention.start, -mention.end))
        kept: list[Mention] = []
        for mention in found:
            if not kept or mention.start >= kept[-1].end:
                kept.append(mention)
        return kept

    def _set_off(self, text: str, terms: Sequence[str]) -> Iterator[Mention]:
        for term in terms:
            concept, start = self.concept_of(term), text.find(term)
            if concept is not None and start >= 0:
                yield Mention(start, start + len(term), concept)

    def concept_of(self, term: str) -> int | None:
        """Return the number of the concept that a term is a name of, if it is one's."""
        key = key_of(tidied(split_name(term.strip())[0]))
        return self._code.get(key[0]) if len(key) == 1 and key[0] in self._code else self._names.get(key)

    def _in_words(self, text: str) -> list[Mention]:
        # A line of code in the text names no concepts by words: "`variable = 3`".
        words, found, at = spelled(_TICKED.sub(_if_words, text)), list[Mention](), 0
        while at < len(words):
            longest = self._longest.get(words[at][2], 0)
            for length in range(min(longest, len(words) - at), 0, -1):
                concept = self._names.get(tuple(word for _, _, word in words[at : at + length]))
                if concept is not None and _together(text, words[at : at + length]):
                    found.append(Mention(words[at][0], words[at + length - 1][1], concept))
                    at += length - 1
                    break
            at += 1
        return found

    def _in_code(self, text: str) -> list[Mention]:
        if not self._code:
            return []
        found = [
            Mention(ticked.start(), ticked.end(), self._code[name])
            for ticked in _TICKED.finditer(text)
            if (name := ticked[2].strip()) in self._code
        ]
        return found + [
            Mention(call.start(), call.end(), self._code[call[0] + "()"])
            for call in _CALL.finditer(text)
            if call[0] + "()" in self._code
        ]


def holds(key: Key, inner: Key) -> bool:
    """Return True when one name stands inside another: "cell" in "cell wall"."""
    return len(inner) < len(key) and any(
        key[at : at + len(inner)] == inner for at in range(len(key) - len(inner) + 1)
    )


def _if_words(ticked: re.Match[str]) -> str:
    return ticked[0] if _WORDS.fullmatch(ticked[2].strip()) else " " * len(ticked[0])


def _only_as_code(name: str) -> bool:
    return is_code(name) or name in _ALSO_WORDS


def _together(text: str, words: list[tuple[int, int, str]]) -> bool:
    """Return True when only blanks, hyphens and the like stand between words: no name goes over a comma or a line."""
    for left, right in itertools.pairwise(words):
        between = text[left[1] : right[0]].translate(_PASSED_OVER)
        # "C. elegans", "St. Louis"
        between = between.removeprefix(".") if left[1] - left[0] <= _SHORTENED else between
        if between not in _JOINTS and not (between.isspace() and "\n" not in between):
            return False
    return True
