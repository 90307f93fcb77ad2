"""Node: the vector leg of the search."""

from typing import Any

import numpy as np
from langgraph.runtime import Runtime

from lectern.base.log import logger
from lectern.tutor.domain.course import answerable_kinds
from lectern.tutor.errors import EmbeddingModelError, IndexUnavailable
from lectern.tutor.graph.context import TutorContext
from lectern.tutor.graph.legs import found
from lectern.tutor.graph.state import TutorState
from lectern.tutor.retrieval.fusion import LEG_LIMIT, alpha_for

log = logger(__name__)


def search_vectors(state: TutorState, runtime: Runtime[TutorContext]) -> dict[str, Any]:
    """Search the course for passages of like meaning; without index or model, go on without this leg."""
    course = state["course"]
    if not alpha_for(state["query"]):  # the model cannot read this language
        return {"vectors": []}
    try:
        vector = np.asarray(runtime.context.embeddings.embed_query(state["query"]), np.float32)
        hits = runtime.context.index.search_vectors(
            course["key"], vector, LEG_LIMIT, answerable_kinds(from_exercises=course["answer_from_exercises"])
        )
    except (IndexUnavailable, EmbeddingModelError) as exc:
        log.warning("search_vectors", error=str(exc))
        return {"vectors": [], "degraded": ["vector"]}
    return {"vectors": found(hits)}
