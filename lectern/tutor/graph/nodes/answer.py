"""Node: write the answer from sentences of the course."""

from collections.abc import Sequence
from typing import Any

from lectern.tutor.answering.advising import names_only_a_topic
from lectern.tutor.answering.choosing import MOST_WORDS, asks_for_code, choose
from lectern.tutor.answering.condensing import parts_of
from lectern.tutor.answering.defining import compared
from lectern.tutor.answering.doubting import is_on_subject
from lectern.tutor.answering.matching import stems, subject_words
from lectern.tutor.answering.quoting import Quote, quotes_of
from lectern.tutor.answering.weighing import weigh
from lectern.tutor.graph.nodes.fuse import is_taught
from lectern.tutor.graph.state import Piece, TutorState, passage_from_json


def answer(state: TutorState) -> dict[str, Any]:
    """Choose the sentences that answer the question, each part of it in its turn."""
    ranked = state["ranked"]
    quotes = quotes_of([passage_from_json(found["passage"]) for found in ranked])
    if ranked and is_taught(ranked[0]["passage"]["document"], state):
        chosen = _as_taught(quotes, [found["passage"]["ordinal"] for found in ranked])
    else:
        chosen = _chosen(state, quotes)
    return {
        "pieces": [Piece(text=q.shown, code=q.code, rank=q.rank, start=q.start, end=q.end) for q in chosen]
    }


def _chosen(state: TutorState, quotes: Sequence[Quote]) -> list[Quote]:
    query = state["query"]
    sentences = [quote for quote in quotes if not quote.code]
    blocks = [quote for quote in quotes if quote.code] if asks_for_code(query) else []
    scores = [found["score"] for found in state["ranked"]]
    weights = [weigh(part, sentences, scores) for part in _parts(query, sentences)]
    chosen = choose(sentences, weights, blocks, said=_said(state))
    beside = names_only_a_topic(query) and not is_on_subject(query, " ".join(quote.text for quote in chosen))
    return [] if beside else chosen  # its words stand in the passage, and in no sentence that can be quoted


def _as_taught(quotes: Sequence[Quote], ordinals: Sequence[int]) -> list[Quote]:
    """Return a teacher's answer from its beginning, as long as an answer may be: it is one already."""
    chosen: list[Quote] = []
    for quote in sorted(quotes, key=lambda quote: (ordinals[quote.rank], quote.start)):
        if sum(len(one.shown.split()) for one in [*chosen, quote] if not one.code) > MOST_WORDS and chosen:
            break
        chosen.append(quote)
    return chosen


def _parts(query: str, sentences: Sequence[Quote]) -> list[str]:
    """Take a question apart; one that compares two things asks what each is, unless a sentence speaks of both."""
    things = compared(query)
    wanted = [stems(" ".join(subject_words(thing))) for thing in things]
    if things and all(wanted) and not any(set.union(*wanted) <= stems(quote.text) for quote in sentences):
        return [f"what is {thing}" for thing in things]
    return parts_of(query)


def _said(state: TutorState) -> list[str]:
    """Return the quotes of the turn before when nothing new is asked ("why?", "and an example?"), to add to them."""
    nothing_new = state["leans"] and not subject_words(state["question"])
    return [source["quote"] for source in state["history"][-1]["sources"]] if nothing_new else []
