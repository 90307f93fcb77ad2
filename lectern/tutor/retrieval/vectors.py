"""The dense leg of a course: its vectors are compared with those of the same model only."""

from collections.abc import Collection

import numpy as np
from langchain_core.embeddings import Embeddings

from lectern.tutor.domain.passage import PassageKind
from lectern.tutor.errors import EmbeddedOtherwise
from lectern.tutor.ports.passages import Hit, PassageIndex
from lectern.tutor.retrieval.fusion import LEG_LIMIT


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
