"""Weigh sentences: how well each answers a question, by its words, its form, and the passage that it stands in.

Comparing each sentence with the question by embeddings was tried as well: on two textbooks it chose no better, and took
five sixths of a question's time.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

from lectern.tutor.answering.defining import apart, as_written, asked_term, compared, defines, is_term
from lectern.tutor.answering.matching import rarity, share_covered, signs, stem, stems, words_asked
from lectern.tutor.answering.quoting import Quote

#: Shares of the weight. The passage's own score keeps the answer where the search found it; a definition may stand
#: elsewhere; the first sentence of a passage most often says what it is about.
WORDS, PASSAGE, DEFINES, SUITS, OPENS = 0.3, 0.5, 0.6, 0.15, 0.05
#: What the definition of one of several bare words weighs that no sentence has together: less than a better passage.
APART = 0.1
#: A sentence of another document opens an answer to such words only where none of the best passage's can.
_ELSEWHERE = 0.001
#: What the first sentence of a section weighs whose heading is the term that is asked for, and nothing else.
HEADED = 0.1

#: An entry of a glossary weighs nothing unless it defines the term that is asked for.
_ENTRY_DEFINES = 0.5

_ASKS_LIST = re.compile(
    r"\b(?:types?|kinds?|forms|stages|steps|phases|parts|components|classes|categories|arten|tipos|types)\b"
    r"|^\W*(?:name|list|enumerate|nenne|nombra|enumera)\s|^\W*(?:what|which)\s+\w+s\s+(?:are|were|do|does|can|have)\b",
    re.IGNORECASE,
)
_LISTS = re.compile(
    r"\b(?:includ(?:es?|ing)|such\s+as|namely|consists?\s+of|composed\s+of|(?:divided|classified|grouped|categori[sz]ed)\s+(?:in|into|as|by)"
    r"|(?:two|three|four|five|six|seven|several|\d+)\s+(?:\w+\s+){0,2}(?:types|kinds|forms|stages|steps|phases|parts|components"
    r"|classes|categories|groups)|zwei|drei|vier|dos|tres|cuatro|deux|trois|quatre)\b",
    re.IGNORECASE,
)
_CONTRASTS = re.compile(
    r"\b(?:while|whereas|but|unlike|differ(?:s|ent|ence|ences)?|than|instead|both|however|während|sondern|mientras|alors\s+que)\b",
    re.IGNORECASE,
)


class Weight(NamedTuple):
    """What a sentence weighs; compares within one question only."""

    total: float
    #: Without the share of its passage.
    own: float


def weigh(question: str, quotes: Sequence[Quote], passage_scores: Sequence[float]) -> list[Weight]:
    """Return the weight of each of `quotes`; `passage_scores` are the fused scores of the passages by rank."""
    statements = [quote.statement for quote in quotes]
    whole = asked_term(question)
    alone = whole if asked_term(question, bare=False) else apart(whole, statements)
    if alone != whole and len({quote.document for quote in quotes}) > 1:
        return _weigh_at_home(question, quotes, passage_scores)
    term, worth = as_written(alone, statements), DEFINES if alone == whole else APART
    words = words_asked(question)
    if alone != whole:
        words = _terms(words, quotes) or words
    suits = (
        _CONTRASTS if compared(question) else _LISTS if term is None and _ASKS_LIST.search(question) else None
    )
    # A list has many words, of which a question that does not ask for one finds some by chance.
    counted = [quote.text if suits is _LISTS else quote.statement for quote in quotes]
    texts = [{*stems(text), *signs(text)} for text in counted]
    asked = rarity(words, texts)
    best = max(passage_scores, default=0.0) or 1.0
    weights = []
    for quote, text in zip(quotes, texts, strict=True):
        if quote.entry and not (term and defines(quote.text, term) > _ENTRY_DEFINES):
            weights.append(Weight(0.0, 0.0))
            continue
        own = WORDS * share_covered(asked, text) + OPENS * (quote.ordinal == 0)
        if term:
            own += worth * defines(quote.statement, term)
            own += HEADED * (quote.ordinal == 0 and is_term(quote.heading, term))
        own += SUITS * bool(suits.search(quote.text) or (quote.listed and suits is _LISTS)) if suits else 0.0
        weights.append(Weight(own + PASSAGE * passage_scores[quote.rank] / best, own))
    return weights


def _terms(words: Sequence[str], quotes: Sequence[Quote]) -> list[str]:
    """Return those of bare words that a section is called by: they are terms of the course, and "mostly" is none."""
    headings = set().union(*(stems(heading) for heading in {quote.heading for quote in quotes}))
    return [word for word in words if stem(word) in headings]


def _weigh_at_home(question: str, quotes: Sequence[Quote], passage_scores: Sequence[float]) -> list[Weight]:
    """Weigh for bare words that no sentence has together: sentences of the best passage's document come first."""
    home = min(quotes, key=lambda quote: quote.rank).document
    places = [place for place, quote in enumerate(quotes) if quote.document == home]
    weights = [Weight(_ELSEWHERE * passage_scores[quote.rank], 0.0) for quote in quotes]
    for place, weight in zip(
        places, weigh(question, [quotes[at] for at in places], passage_scores), strict=True
    ):
        weights[place] = weight
    return weights
