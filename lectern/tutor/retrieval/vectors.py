"""The dense leg of a course: its vectors are compared with those of the same model only."""

from collections.abc import Collection
from typing import Protocol, runtime_checkable

import numpy as np
from langchain_core.embeddings import Embeddings

from lectern.tutor.domain.passage import PassageKind
from lectern.tutor.errors import EmbeddedOtherwise
from lectern.tutor.ports.passages import Hit, PassageIndex
from lectern.tutor.retrieval.fusion import LEG_LIMIT, alpha_for


@runtime_checkable
class Foresight(Protocol):
    """What `Embeddings` may be able to do besides: begin before they are asked."""

    def expect(self, text: str) -> None:
        """Begin to embed a question for which `embed_query` will be asked in a moment. Returns at once, raises nothing."""


def expect_search(query: str, embeddings: Embeddings) -> None:
    """Have the embedding of `query` begin now, where that is possible, since all of its search waits for it."""
    if alpha_for(query) and isinstance(embeddings, Foresight):
        embeddings.expect(query)


def search_by_meaning(
    query: str,
    *,
    course_id: str,
    course_key: int,
    kinds: Collection[PassageKind],
    index: PassageIndex,
    embeddings: Embeddings,
    model: str,
) -> list[Hit]:
    """Return the passages of a course that are nearest to `query`, which `embeddings` (called `model`) embeds.

    Raises `EmbeddedOtherwise` with the command that embeds the course anew, `EmbeddingModelError`, `IndexUnavailable`.
    """
    vector = np.asarray(embeddings.embed_query(query), np.float32)
    try:
        return index.search_vectors(course_key, model, vector, LEG_LIMIT, kinds)
    except EmbeddedOtherwise as exc:
        raise EmbeddedOtherwise(
            f"The course {course_id} cannot be searched by meaning. {exc.args[0]}", hint=embed_anew(course_id)
        ) from exc


def embed_anew(course_id: str) -> str:
    """Return what to do about a course whose vectors are another model's."""
    return f"Embed it anew: python manage.py reembed_course {course_id}"
