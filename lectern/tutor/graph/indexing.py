"""The graph of one indexing batch: embed passages, or publish the job. One node, because one of them is done a run."""

from typing import TypedDict
from uuid import UUID

from langgraph.graph import END, START, StateGraph
from langgraph.runtime import Runtime

from lectern.tutor.graph.context import IndexingContext
from lectern.tutor.ingest.embedding import embed_batch
from lectern.tutor.ingest.planning import Slice
from lectern.tutor.ingest.publishing import publish


class IndexingState(TypedDict, total=False):
    """One batch of a job; the last one has no slices and publishes."""

    job: str
    slices: list[Slice]
    #: Embed also what has a vector of this model.
    anew: bool
    passages: int


def build_indexing_graph() -> StateGraph[IndexingState, IndexingContext, IndexingState, IndexingState]:
    """Return the uncompiled graph."""
    graph = StateGraph(IndexingState, context_schema=IndexingContext)
    graph.add_node("embed", _embed)
    graph.add_node("publish", _publish)
    graph.add_conditional_edges(
        START, lambda state: "embed" if state["slices"] else "publish", ["embed", "publish"]
    )
    graph.add_edge("embed", END)
    graph.add_edge("publish", END)
    return graph


def _embed(state: IndexingState, runtime: Runtime[IndexingContext]) -> IndexingState:
    using = runtime.context
    done = embed_batch(
        UUID(state["job"]),
        state["slices"],
        jobs=using.jobs,
        index=using.index,
        embeddings=using.embeddings,
        model=using.model,
        anew=state.get("anew", False),
    )
    return {"passages": done}


def _publish(state: IndexingState, runtime: Runtime[IndexingContext]) -> IndexingState:
    using = runtime.context
    done = publish(
        UUID(state["job"]), jobs=using.jobs, courses=using.courses, index=using.index, model=using.model
    )
    return {"passages": done}
