"""Hint: where to read, what to look for and what to ask oneself, without the words that would be the answer.

What the answer would be made of is known: it is chosen first, as for an answer, and everything in a hint is held against it.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from lectern.tutor.answering.defining import asked_term, defines
from lectern.tutor.answering.hint_wording import Wording, wording_in
from lectern.tutor.answering.matching import is_function_word, stem, subject_words, tokens
from lectern.tutor.answering.quoting import Quote
from lectern.tutor.answering.recognising import language_of
from lectern.tutor.answering.wording import plain, telling
from lectern.tutor.domain.passage import Passage

#: Of the telling words of a sentence that answers, those of the question left out, a hint holds at most this share; a
#: quote in it less, since it is the course's own and says more than single words do.
MOST_SHARE, MOST_QUOTED = 1 / 3, 1 / 6
#: Sections that are pointed at, and words that are named.
_PLACES, _TERMS, _REPEATED = 2, 5, 2
#: A further section must have this share of the best fused score (1).
_NEAR = 0.75
#: What code looks like in a sentence: a fence, a call, an assignment, an expression in backticks.
_CODE = re.compile(
    r"```|`[^`]*[\s()=\[\]{}.][^`]*`|\w\([^()\n]*\)|\w\s*[=+*/-]?=\s*\S|^\s*(?:>>>|\$)\s", re.MULTILINE
)
#: Of 1: a sentence that looks more like the term's definition is one.
_DEFINES = 0.45
_LONGEST_QUESTION_WORDS = 40


@dataclass(frozen=True, kw_only=True)
class Cited:
    """A stretch of a passage, by the passage's position in the ranking."""

    rank: int
    start: int
    end: int


@dataclass(frozen=True, kw_only=True)
class Idea:
    """A sentence that leads on, with the place that says it."""

    text: str
    cited: Cited


@dataclass(frozen=True, kw_only=True)
class Hint:
    """A hint's text, whose marks [1], [2], … number its places."""

    text: str
    places: tuple[Cited, ...]


class Solution:
    """What the answer would say, and must not be said: its sentences, and all others of the course that define the same."""

    def __init__(self, question: str, pieces: Iterable[str], quotes: Iterable[Quote] = ()) -> None:
        asked = _told(question)
        term = asked_term(question)
        rivals = (
            quote.text for quote in quotes if quote.code or (term and defines(quote.text, term) > _DEFINES)
        )
        self._sentences = [told for text in (*pieces, *rivals) if (told := _told(text) - asked)]

    def gives_away(self, text: str, most: float = MOST_SHARE) -> bool:
        """Return True when `text` holds code, or more than the share `most` of a sentence's telling words."""
        if _CODE.search(text):
            return True
        told = _told(text)
        return any(len(told & sentence) > most * len(sentence) for sentence in self._sentences)

    def words(self) -> set[str]:
        """Return the telling words of all its sentences."""
        return set().union(*self._sentences) if self._sentences else set()


def hint(
    question: str,
    passages: Sequence[Passage],
    scores: Sequence[float],
    quotes: Sequence[Quote],
    pieces: Sequence[Cited],
    *,
    solution: Solution,
    idea: Idea | None = None,
    guiding: str = "",
) -> Hint:
    """Return a hint for `question`; `pieces` are the quotes that the answer would be made of, best first.

    `scores` are those of `passages`. `idea` and `guiding` are a language model's, already checked; without them the course
    is quoted, and a question of ours asked.
    """
    words = wording_in(language_of(question))
    ranks = _ranks(passages, scores, pieces)
    shown = [quote for quote in quotes if quote.rank in ranks]
    near = None if idea else _neighbour(shown, pieces, solution, question)
    said = idea or (near and Idea(text=words.nearby.format(quote=near.text), cited=_cited(near)))
    places = [
        said.cited if said and said.cited.rank == rank else _term_in(passages[rank], rank, question)
        for rank in ranks
    ]
    if said and said.cited.rank not in ranks:
        places.append(said.cited)
    numbers = {place.rank: number for number, place in enumerate(places, 1)}
    parts = [words.read.format(places=_written(passages, ranks, numbers, solution, words))]
    terms = _terms(question, passages[ranks[0]], solution)
    if terms and not solution.gives_away(" ".join([*parts, *terms])):
        parts.append(words.terms.format(terms=", ".join(terms)))
    if said and not solution.gives_away(" ".join([*parts, said.text])):
        parts.append(f"{said.text} [{numbers[said.cited.rank]}]")
    parts.append(guiding or words.question(question))
    return Hint(text=" ".join(parts), places=tuple(places))


def sound_question(text: str, known: Iterable[str], solution: Solution) -> bool:
    """Return True for a guiding question that gives nothing away and speaks of what `known` texts speak of."""
    told, there = _told(text), set[str]().union(*map(_told, known))
    short = text.strip().endswith(("?", "？", "؟")) and len(text.split()) <= _LONGEST_QUESTION_WORDS
    return short and 2 * len(told & there) >= len(told) and not solution.gives_away(text)


def _told(text: str) -> set[str]:
    return {token.word for token in telling(plain(text))}


def _cited(quote: Quote) -> Cited:
    return Cited(rank=quote.rank, start=quote.start, end=quote.end)


def _ranks(passages: Sequence[Passage], scores: Sequence[float], pieces: Sequence[Cited]) -> list[int]:
    """Return the passages to read: those of the answer first, then what comes near, one of a section."""
    near = [rank for rank, score in enumerate(scores) if score >= _NEAR]
    sections: dict[str, int] = {}
    for rank in (*(piece.rank for piece in pieces), *near):
        sections.setdefault(passages[rank].location, rank)
    return list(sections.values())[:_PLACES]


def _written(
    passages: Sequence[Passage],
    ranks: Sequence[int],
    numbers: dict[int, int],
    solution: Solution,
    words: Wording,
) -> str:
    named = ""
    for rank in ranks:
        name = words.place.format(place=_name(passages[rank], named, solution), number=numbers[rank])
        named = f"{named}{words.and_ if named else ''}{name}"
    return named


def _name(passage: Passage, before: str, solution: Solution) -> str:
    """Return the place in words; headings that would tell the answer are left out, the deepest first."""
    headings = [passage.title, *passage.heading_path]
    while len(headings) > 1 and solution.gives_away(" ".join([before, *headings])):
        headings.pop()
    if solution.gives_away(" ".join([before, *headings])):
        return passage.document
    return " › ".join(headings)


def _term_in(passage: Passage, rank: int, question: str) -> Cited:
    """Return where an asked word stands in a passage: a place to look at that tells nothing; else its first word."""
    asked = {stem(word) for word in subject_words(question)}
    words = list(re.finditer(r"\w+", passage.text))
    found = [word for word in words if stem(word[0].lower()) in asked] or words[:1]
    if not found:
        return Cited(rank=rank, start=0, end=len(passage.text))
    return Cited(rank=rank, start=found[0].start(), end=found[0].end())


def _neighbour(
    quotes: Sequence[Quote], pieces: Sequence[Cited], solution: Solution, question: str
) -> Quote | None:
    """Return the sentence near the answer that leads to it and does not say it; the nearest before it comes first."""
    best = pieces[0]
    taken = {(piece.rank, piece.start) for piece in pieces}
    asked, term = {stem(word) for word in subject_words(question)}, asked_term(question)
    candidates = [
        quote
        for quote in quotes
        if not (quote.code or quote.leans or (quote.rank, quote.start) in taken)
        and quote.text[0].isalnum()  # else it is the rest of another one
        and 2 * len(asked & {stem(word) for word in tokens(quote.text)}) >= max(1, len(asked))
        and not (term and defines(quote.text, term) > _DEFINES)
        and not solution.gives_away(quote.text, MOST_QUOTED)
    ]
    return min(candidates, key=lambda quote: _distance(quote, best), default=None)


def _distance(quote: Quote, best: Cited) -> tuple[int, bool, int]:
    other = 0 if quote.rank == best.rank else 1 + quote.rank
    return other, quote.start > best.start, abs(quote.start - best.start)


def _terms(question: str, passage: Passage, solution: Solution) -> list[str]:
    """Return words to look for: those that were asked and the passage has, then those that it repeats."""
    forbidden, spelled = solution.words(), dict[str, str]()
    counts: Counter[str] = Counter()
    for word in re.findall(r"[^\W\d_]{3,}", f"{passage.location} {passage.text}"):
        key = stem(word.lower())
        counts[key] += 1
        spelled.setdefault(key, word.lower())
    asked = [key for key in dict.fromkeys(map(stem, subject_words(question))) if key in counts]
    repeated = [
        key
        for key, count in counts.most_common()
        if count > 2
        and key not in asked
        and not _told(spelled[key]) & forbidden
        and _is_telling(spelled[key])
    ]
    return [spelled[key] for key in (*asked, *repeated[:_REPEATED])][:_TERMS]


def _is_telling(word: str) -> bool:
    return len(word) > 3 and not is_function_word(word) and bool(subject_words(word)) and bool(_told(word))
