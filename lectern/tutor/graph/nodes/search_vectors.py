"""Node: the vector leg of the search."""

from typing import Any

from langgraph.runtime import Runtime

from lectern.base.log import logger
from lectern.tutor.domain.course import answerable_kinds
from lectern.tutor.errors import EmbeddedOtherwise, EmbeddingModelError, IndexUnavailable
from lectern.tutor.graph.context import TutorContext
from lectern.tutor.graph.legs import found, stood_in
from lectern.tutor.graph.state import TutorState
from lectern.tutor.retrieval.fusion import alpha_for
from lectern.tutor.retrieval.vectors import search_by_meaning

log = logger(__name__)


def search_vectors(state: TutorState, runtime: Runtime[TutorContext]) -> dict[str, Any]:
    """Search the course for passages of like meaning; without index or model, go on without this leg."""
    course, using = state["course"], runtime.context
    if not alpha_for(state["query"]):  # the model cannot read this language
        return {"vectors": []}
    if "vector" in state.get("degraded", []):  # a second search: what was away is not waited for again
        return {"vectors": []}
    try:
        hits = search_by_meaning(
            state["query"],
            course_id=course["id"],
            course_key=course["key"],
            kinds=answerable_kinds(from_exercises=course["answer_from_exercises"]),
            index=using.index,
            embeddings=using.embeddings,
            model=using.model,
        )
    except EmbeddedOtherwise as exc:
        log.error("search_vectors", error=str(exc))
        return {"vectors": [], "degraded": ["vector"], "notices": [str(exc)]}
    except (IndexUnavailable, EmbeddingModelError) as exc:
        log.warning("search_vectors", error=str(exc))
        return {"vectors": [], "degraded": ["vector"]}
    return {"vectors": found(hits), **stood_in(hits)}
