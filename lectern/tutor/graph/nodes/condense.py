"""Node: make the question readable without its conversation, and tell what kind of question it is."""

from functools import partial
from typing import Any

from langgraph.runtime import Runtime

from lectern.base.log import logger
from lectern.tutor.answering import condensing
from lectern.tutor.answering.classifying import classify
from lectern.tutor.domain.answer import QuestionType
from lectern.tutor.errors import EmbeddingModelError, IndexUnavailable
from lectern.tutor.graph.context import TutorContext
from lectern.tutor.graph.state import TutorState
from lectern.tutor.retrieval.spelling import mended
from lectern.tutor.retrieval.vectors import expect_search

log = logger(__name__)


def condense(state: TutorState, runtime: Runtime[TutorContext]) -> dict[str, Any]:
    """Fill in what the question leaves to earlier turns, put its typing errors right, and set its type from its form.

    What is then searched for is embedded from here on, beside the next steps.
    """
    condensed = condensing.condense(state["question"], state["history"])
    query = _mended(condensed.query, state["course"]["key"], runtime.context)
    question_type = classify(state["question"], leans=condensed.leans)
    if question_type != QuestionType.OFF_TOPIC:
        expect_search(query, runtime.context.embeddings)
    return {
        "query": query,
        "leans": condensed.leans,
        "topic": condensed.topic,
        "question_type": question_type.value,
    }


def _mended(query: str, course_key: int, using: TutorContext) -> str:
    """Mend by the course's words; as it was typed while the index is away, which the search will tell."""
    try:
        return mended(query, partial(using.index.spelled_like, course_key), partial(_is_word, using))
    except IndexUnavailable as exc:
        log.warning("condense", error=str(exc))
        return query


def _is_word(using: TutorContext, word: str) -> bool:
    """Ask the embedding model; without it every word that the course lacks may be a typing error."""
    try:
        return using.is_word(word)
    except EmbeddingModelError:
        return False
