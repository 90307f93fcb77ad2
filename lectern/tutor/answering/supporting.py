"""How well passages and sentences bear an answer: inputs of the confidence beside the figures of the search."""

from collections import defaultdict
from collections.abc import Sequence

from lectern.tutor.answering.defining import as_written, asked_term, defines
from lectern.tutor.answering.quoting import quotes_of
from lectern.tutor.domain.passage import Passage

#: Sentences of an answer, from its beginning, of which one should be the definition that was asked for.
_OPENING = 3


def passage_figures(passages: Sequence[Passage], scores: Sequence[float]) -> list[dict[str, float]]:
    """Return the figures of each of `passages`, which are the best ones that were found, with their fused scores.

    - `passage_score`: its own score, 0..1.
    - `document_share`: share of all the scores that passages of its document have: where a document speaks of something,
      it mostly does so more than once. Left out where all are of one document, which says nothing.
    """
    total = sum(scores) or 1.0
    shares: dict[str, float] = defaultdict(float)
    for one, score in zip(passages, scores, strict=True):
        shares[one.document] += score / total
    return [
        {
            "passage_score": score,
            **({"document_share": shares[one.document]} if len(shares) > 1 else {}),
        }
        for one, score in zip(passages, scores, strict=True)
    ]


def definition_figures(question: str, passages: Sequence[Passage]) -> dict[str, float]:
    """Return the figure of the definition that is asked for; {} where a question asks for none, or only names a term.

    - `defined`: how much the sentence that comes nearest looks like it, 0..1. A course that uses a word everywhere without
      being about it ("What is a container?") has no such sentence, which the search itself cannot tell.
    """
    term = asked_term(question, bare=False)
    if term is None:
        return {}
    said = [quote.statement for passage in passages for quote in quotes_of([passage]) if not quote.code]
    term = as_written(term, said) or term
    return {"defined": max((defines(one, term) for one in said), default=0.0)}


def answer_figures(question: str, sentences: Sequence[str]) -> dict[str, float]:
    """Return the figure of an answer, given its sentences without code.

    - `states_definition`: how much one of the first looks like the definition that is asked for, 0..1; 0 where none is. Of a
      term that all of a course speaks of, each passage has a small share (`document_share`), and its definition is right.
    """
    term = as_written(asked_term(question, bare=False), sentences)
    found = [defines(one, term) for one in sentences[:_OPENING]] if term else []
    return {"states_definition": max(found, default=0.0)}
