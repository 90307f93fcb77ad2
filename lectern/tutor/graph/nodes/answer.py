"""Node: write the answer from sentences of the course."""

from typing import Any

import numpy as np
from langgraph.runtime import Runtime
from numpy.typing import NDArray

from lectern.base.log import logger
from lectern.tutor.answering.choosing import asks_for_code, choose
from lectern.tutor.answering.condensing import parts_of
from lectern.tutor.answering.matching import subject_words
from lectern.tutor.answering.measuring import likeness
from lectern.tutor.answering.quoting import quotes_of
from lectern.tutor.answering.weighing import weigh
from lectern.tutor.errors import EmbeddingModelError
from lectern.tutor.graph.context import TutorContext
from lectern.tutor.graph.legs import is_embedding_away
from lectern.tutor.graph.state import Piece, TutorState, passage_from_json

log = logger(__name__)


def answer(state: TutorState, runtime: Runtime[TutorContext]) -> dict[str, Any]:
    """Choose the sentences that answer the question, each part of it in its turn."""
    query, ranked = state["query"], state["ranked"]
    parts = parts_of(query)
    quotes = quotes_of([passage_from_json(found["passage"]) for found in ranked])
    sentences = [quote for quote in quotes if not quote.code]
    blocks = [quote for quote in quotes if quote.code] if asks_for_code(query) else []
    alike = _likeness(parts, [quote.text for quote in sentences], state, runtime.context)
    scores = [found["score"] for found in ranked]
    weights = [
        weigh(part, sentences, None if alike is None else alike[row], scores)
        for row, part in enumerate(parts)
    ]
    chosen = choose(sentences, weights, blocks, said=_said(state))
    pieces = [Piece(text=q.text, code=q.code, rank=q.rank, start=q.start, end=q.end) for q in chosen]
    return {"pieces": pieces, "degraded": ["vector"] if alike is None else []}


def _likeness(
    parts: list[str], texts: list[str], state: TutorState, context: TutorContext
) -> NDArray[np.float32] | None:
    """Compare by meaning; None when the embedding model is away, so that words alone decide."""
    if is_embedding_away(state):
        return None
    try:
        return likeness(parts, texts, context.embeddings)
    except EmbeddingModelError as exc:
        log.warning("answer", error=str(exc))
        return None


def _said(state: TutorState) -> list[str]:
    """Return the quotes of the turn before when nothing new is asked ("why?", "and an example?"), to add to them."""
    nothing_new = state["leans"] and not subject_words(state["question"])
    return [source["quote"] for source in state["history"][-1]["sources"]] if nothing_new else []
