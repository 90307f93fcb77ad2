"""Weigh sentences: how well each answers a question, by meaning, by its words, and by its form."""

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from lectern.tutor.answering.matching import (
    is_function_word,
    rarity,
    share_covered,
    signs,
    stem,
    stems,
    subject_words,
    tokens,
    words_asked,
)
from lectern.tutor.answering.quoting import Quote

#: Shares of the weight. The meaning leads; words decide between sentences of like meaning; the passage's own score keeps
#: the answer where the search found it; the first sentence of a passage most often says what it is about.
MEANING, WORDS, PASSAGE, DEFINES, OPENS = 1.0, 0.3, 0.4, 0.3, 0.05

_ASKS_DEFINITION = re.compile(
    r"^\W*(?:and\s+|so\s+)?(?:what(?:'?s|\s+is|\s+are|\s+was|\s+were)\b(?!.*\b(?:difference|way|best|for)\b)"
    r"|what\s+do(?:es)?\b.*\bmeans?\b|define\b|definition\b|meaning\b|explain\b|was\s+(?:ist|sind)\b|qu'?est)",
    re.IGNORECASE,
)
_BEING = frozenset({"is", "are", "was", "were"})
_DEFINING_VERBS = _BEING | {"means", "refers", "describes", "stands", "consists", "occurs"}
_ARTICLES = (["a"], ["an"], ["the"], ["any"], ["one"], ["how"], ["what"], ["when"])
_CALLED = re.compile(
    r"\b(?:called|known as|referred to as|termed|named)\s+(?:an?\s+|the\s+)?([\w\s'-]+)", re.IGNORECASE
)


def asks_definition(question: str) -> bool:
    """Return True for "what is X", "define X" and their like."""
    return bool(_ASKS_DEFINITION.match(question))


def weigh(
    question: str,
    quotes: Sequence[Quote],
    likeness: NDArray[np.float32] | None,
    passage_scores: Sequence[float],
) -> list[float]:
    """Return a weight for each of `quotes`; weights compare within one question only.

    `likeness` holds the cosines of quotes and question, None when the embedding model is away; `passage_scores` the
    fused scores of the passages by rank.
    """
    texts = [{*stems(quote.text), *signs(quote.text)} for quote in quotes]
    asked = rarity(words_asked(question), texts)
    wants_definition = asks_definition(question)
    weights = []
    for place, quote in enumerate(quotes):
        weight = WORDS * share_covered(asked, texts[place]) + PASSAGE * passage_scores[quote.rank]
        weight += MEANING * float(likeness[place]) if likeness is not None else 0.0
        weight += OPENS * (quote.ordinal == 0) + DEFINES * (
            wants_definition and defines(quote.text, question)
        )
        weights.append(weight)
    return weights


def defines(sentence: str, question: str) -> float:
    """Return how much (0..1) `sentence` looks like the definition of what `question` asks about.

    1 for "An X is a ..." and "... is called X"; less for "X is used ..." and for "The Y of X is ...".
    """
    subject = {stem(word) for word in subject_words(question)}
    words = tokens(sentence)
    named = _CALLED.search(sentence)
    if named and subject and subject == _telling(tokens(named[1])):
        return 1.0
    verb = next((place for place, word in enumerate(words[:9]) if word in _DEFINING_VERBS), None)
    if not subject or verb is None:
        return 0.0
    lead = _telling(words[:verb])
    if not lead & subject or len(lead ^ subject) > 1:
        return 0.0
    states_what = words[verb] not in _BEING or words[verb + 1 : verb + 2] in _ARTICLES
    return (1.0 if states_what else 0.5) * (1.0 if lead == subject else 0.5)


def _telling(words: Sequence[str]) -> set[str]:
    return {stem(word) for word in words if not is_function_word(word)}
