"""Measure texts by their embeddings."""

from collections.abc import Sequence

import numpy as np
from langchain_core.embeddings import Embeddings
from numpy.typing import NDArray

from lectern.tutor.answering.matching import tokens, words_asked
from lectern.tutor.errors import EmbeddingModelError


def likeness(questions: Sequence[str], texts: Sequence[str], embeddings: Embeddings) -> NDArray[np.float32]:
    """Return the cosines, shape (questions, texts). Raises `EmbeddingModelError`."""
    vectors = np.asarray(embeddings.embed_documents([*questions, *texts]), np.float32)
    cosines: NDArray[np.float32] = vectors[: len(questions)] @ vectors[len(questions) :].T
    return cosines


def kept_meaning(question: str, left: str, embeddings: Embeddings | None) -> float:
    """Return how much of the meaning of `question` (cosine, 1 is all) is in `left`, which is made from it.

    Tells a word that carries the question ("What does the Zorblax operator return?") from one that can be spared ("how
    do I import stuff"). Without the embedding model: the share of its words.
    """
    if left == question:
        return 1.0
    try:
        if embeddings:
            return float(likeness([question], [left], embeddings)[0, 0])
    except EmbeddingModelError:
        pass
    asked = words_asked(question)
    return sum(word in tokens(left) for word in asked) / len(asked) if asked else 1.0
