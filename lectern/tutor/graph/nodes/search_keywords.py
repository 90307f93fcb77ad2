"""Node: the keyword leg of the search."""

from typing import Any

from langgraph.runtime import Runtime

from lectern.base.log import logger
from lectern.tutor.domain.course import answerable_kinds
from lectern.tutor.errors import IndexUnavailable
from lectern.tutor.graph.context import TutorContext
from lectern.tutor.graph.legs import found, stood_in
from lectern.tutor.graph.state import TutorState
from lectern.tutor.retrieval.fusion import LEG_LIMIT

log = logger(__name__)


def search_keywords(state: TutorState, runtime: Runtime[TutorContext]) -> dict[str, Any]:
    """Search the course for the question's words; without the index, go on without this leg."""
    course = state["course"]
    try:
        hits = runtime.context.index.search_keywords(
            course["key"],
            state["query"],
            LEG_LIMIT,
            answerable_kinds(from_exercises=course["answer_from_exercises"]),
        )
    except IndexUnavailable as exc:
        log.warning("search_keywords", error=str(exc))
        return {"keywords": [], "degraded": ["keyword"]}
    return {"keywords": found(hits), **stood_in(hits)}
