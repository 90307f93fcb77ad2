"""Node: find what the question builds on, while the course is searched."""

from dataclasses import asdict
from typing import Any

from langgraph.runtime import Runtime

from lectern.base.log import logger
from lectern.tutor.answering.founding import asked_keys, foundations
from lectern.tutor.domain.answer import BuildsOn, Explained, Location, Mode
from lectern.tutor.domain.concept import Concept
from lectern.tutor.errors import ConceptsUnavailable
from lectern.tutor.graph.context import TutorContext
from lectern.tutor.graph.state import TutorState

log = logger(__name__)


def build_on(state: TutorState, runtime: Runtime[TutorContext]) -> dict[str, Any]:
    """Look up what the concept asked about rests on, by one call of the store; without the store, go on without it."""
    concepts, query = runtime.context.concepts, state["query"]
    keys = asked_keys(query)
    if not concepts or not keys or state.get("mode") == Mode.HINT:
        return {"builds_on": []}
    try:
        found = concepts.underlaid(state["course"]["key"], keys)
    except ConceptsUnavailable as exc:
        log.warning("build_on", error=str(exc))
        return {"builds_on": [], "degraded": ["neo4j"]}
    return {"builds_on": [asdict(_told(one)) for one in foundations(query, found)]}


def _told(concept: Concept) -> BuildsOn:
    place = concept.explained
    location = Location(heading_path=list(place.heading_path), anchor=place.anchor, page=place.page)
    explained = Explained(
        passage_id=place.passage_id, document=place.document, title=place.title, location=location
    )
    return BuildsOn(concept_id=concept.id, name=concept.name, explained=explained)
