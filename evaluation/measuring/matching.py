"""What counts as right: is a passage the gold one, does an answer cite it, is its first sentence the definition.

The rules are those of the evaluation kit's README, so that numbers made here and there can be compared.
"""

import re
from collections import Counter
from collections.abc import Sequence

from evaluation.measuring.predictions import Cited, Found
from evaluation.measuring.questions import Question

#: Share of word triples that two texts have in common when they are the same passage, cut differently.
SHARED = 0.6
#: Word triples that a text has at least when it is compared, and words of a quote.
_FEWEST_TRIPLES, SHORT_QUOTE = 4, 5
#: Token F1 from which on a sentence says what the gold answer says.
SAYS_THE_SAME = 0.7

_WORD = re.compile(r"[^\W_]+(?:['’\-][^\W_]+)*")
_MARK = re.compile(r"\[\d+(?:,\s*\d+)*\]")
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[^a-z\s])")
_ARTICLES = frozenset({"a", "an", "the"})

Triple = tuple[str, ...]


def words(text: str) -> list[str]:
    """Return the words of a text in lower case; hyphens and apostrophes stay inside."""
    return [word.lower() for word in _WORD.findall(text)]


def squeezed(text: str) -> str:
    """Return a text with single blanks."""
    return " ".join(text.split())


def rank_of_gold(question: Question, passages: Sequence[Found]) -> int:
    """Return the rank (from 1) of the first gold passage, 0 if there is none."""
    return next((rank for rank, one in enumerate(passages, 1) if _is_gold(question, one)), 0)


def cites_gold(question: Question, citations: Sequence[Cited]) -> bool:
    """Return True when one of the quotes stands verbatim in its passage, and that is the gold one.

    Gold by document: the quote is of it. Gold by text: 60% of the quote's word triples are in the gold passage.
    """
    return any(is_verbatim(one) and _is_from_gold(question, one) for one in citations)


def is_verbatim(cited: Cited) -> bool:
    """Return True when a quote stands in its passage, white space aside."""
    quote = squeezed(cited.quote)
    return bool(quote) and quote in squeezed(cited.passage_text)


def defines(question: Question, answer: str) -> bool:
    """Return True when the first sentence of `answer` is the gold answer, by token F1."""
    said = first_sentence(answer)
    return max(token_f1(said, gold) for gold in _readings(question.answer)) >= SAYS_THE_SAME


def first_sentence(answer: str) -> str:
    """Return the first sentence of an answer, without the marks of its citations."""
    return _SENTENCE_END.split(squeezed(_MARK.sub("", answer)), maxsplit=1)[0]


def token_f1(text: str, gold: str) -> float:
    """Return the harmonic mean of precision and recall of the words (articles left out), 0..1."""
    said, wanted = (Counter(word for word in words(one) if word not in _ARTICLES) for one in (text, gold))
    common = (said & wanted).total()
    return 2 * common / (said.total() + wanted.total()) if common else 0.0


def holds_expected(question: Question, text: str) -> bool:
    """Return True when a text has one of the question's expected words; from four letters on a longer word will do."""
    text = text.lower()
    return any(_holds(word.lower(), text) for word in question.must_contain_any)


def _is_gold(question: Question, passage: Found) -> bool:
    if not question.gold_passage_text:
        return bool(question.gold_document) and passage.document == question.gold_document
    triples = _triples(passage.text)
    answers = [_triples(one) for one in _readings(question.answer)] if question.answer else []
    says_it = not answers or any(len(triples & one) / len(one) >= SHARED for one in answers)
    return says_it and _is_same(triples, _triples(question.gold_passage_text))


def _is_same(one: set[Triple], other: set[Triple]) -> bool:
    shorter = min(len(one), len(other))
    return shorter >= _FEWEST_TRIPLES and len(one & other) / shorter >= SHARED


def _is_from_gold(question: Question, cited: Cited) -> bool:
    if not question.gold_passage_text:
        return bool(question.gold_document) and cited.document == question.gold_document
    if len(words(cited.quote)) < SHORT_QUOTE:
        return False
    triples = _triples(cited.quote)
    return len(triples & _triples(question.gold_passage_text)) / len(triples) >= SHARED


def _readings(answer: str) -> list[str]:
    """Return what of a gold answer may be said: all of it, its last line, and that behind a colon (captions, labels)."""
    last = answer.strip().splitlines()[-1] if answer.strip() else ""
    readings = dict.fromkeys([answer, last, last.rsplit(": ", 1)[-1]])
    return [one for one in readings if len(words(one)) >= 4] or [answer]


def _triples(text: str) -> set[Triple]:
    """Return all runs of three words; a shorter text is one run."""
    found = words(text)
    return {tuple(found[at : at + 3]) for at in range(max(1, len(found) - 2))} if found else set()


def _holds(word: str, text: str) -> bool:
    if not word.isalnum():
        return word in text
    end = r"\b" if len(word) < 4 else ""
    return bool(re.search(rf"\b{word}{end}", text))
