"""The graph of one run of indexing: embed a batch of passages, or publish the job, or do all that an upload takes.

Behind publishing the course's concepts are brought in line with its passages.
"""

from math import ceil
from typing import Any, TypedDict
from uuid import UUID

from langgraph.graph import END, START, StateGraph
from langgraph.runtime import Runtime

from lectern.base.log import logger
from lectern.tutor.concepts.renewing import renew_concepts
from lectern.tutor.graph.context import IndexingContext
from lectern.tutor.ingest.embedding import embed_batch
from lectern.tutor.ingest.planning import Slice, passages_in
from lectern.tutor.ingest.publishing import publish
from lectern.tutor.ingest.taking_in import take_in

_log = logger(__name__)

#: An upload's batches are embedded in at most so many steps: each is checkpointed, and a run has at most a hundred.
_MOST_STEPS = 50


class IndexingState(TypedDict, total=False):
    """One batch of a job; one without slices publishes. With `files` it is an upload."""

    job: str
    slices: list[Slice]
    #: How many passages stand in earlier batches of the job.
    before: int
    #: Embed what the course has once more, also what has a vector of this model.
    anew: bool
    passages: int
    #: Names of the uploaded files, in the spool's order.
    files: list[str]
    #: Uploaded files, or parts of them, that were not read.
    problems: list[dict[str, Any]]
    #: Batches of an upload that are still to be embedded, step by step.
    waiting: list[list[list[Slice]]]


def build_indexing_graph() -> StateGraph[IndexingState, IndexingContext, IndexingState, IndexingState]:
    """Return the uncompiled graph."""
    graph = StateGraph(IndexingState, context_schema=IndexingContext)
    graph.add_node("take_in", _take_in)
    graph.add_node("embed", _embed)
    graph.add_node("embed_upload", _embed_upload)
    graph.add_node("publish", _publish)
    graph.add_conditional_edges(START, _first, ["take_in", "embed", "publish"])
    graph.add_conditional_edges("take_in", _next_of_upload, ["embed_upload", "publish"])
    graph.add_conditional_edges("embed_upload", _next_of_upload, ["embed_upload", "publish"])
    graph.add_node("renew_concepts", _renew_concepts)
    graph.add_edge("embed", END)
    # A node of its own: what is published stays so, whatever becomes of the concepts.
    graph.add_edge("publish", "renew_concepts")
    graph.add_edge("renew_concepts", END)
    return graph


def _first(state: IndexingState) -> str:
    if state.get("files"):
        return "take_in"
    return "embed" if state["slices"] else "publish"


def _next_of_upload(state: IndexingState) -> str:
    return "embed_upload" if state["waiting"] else "publish"


def _take_in(state: IndexingState, runtime: Runtime[IndexingContext]) -> IndexingState:
    using = runtime.context
    taken = take_in(
        UUID(state["job"]),
        state["files"],
        jobs=using.jobs,
        courses=using.courses,
        index=using.index,
        model=using.model,
        spool=using.spool,
    )
    batches = [list(batch) for batch in taken.batches]
    a_step = max(1, ceil(len(batches) / _MOST_STEPS))
    return {
        "problems": [dict(problem.to_json()) for problem in taken.problems],
        "waiting": [batches[first : first + a_step] for first in range(0, len(batches), a_step)],
        "before": 0,
    }


def _embed(state: IndexingState, runtime: Runtime[IndexingContext]) -> IndexingState:
    # A batch of an older version does not say what stands before it.
    return {"passages": _embedded(state, state["slices"], state.get("before", 0), runtime)}


def _embed_upload(state: IndexingState, runtime: Runtime[IndexingContext]) -> IndexingState:
    step, *later = state["waiting"]
    before = state.get("before", 0)
    for slices in step:  # each leaves its vectors in the index: begun again, it finds them there
        _embedded(state, slices, before, runtime)
        before += passages_in(slices)
    return {"waiting": later, "before": before}


def _embedded(
    state: IndexingState, slices: list[Slice], before: int, runtime: Runtime[IndexingContext]
) -> int:
    using = runtime.context
    return embed_batch(
        UUID(state["job"]),
        slices,
        jobs=using.jobs,
        index=using.index,
        embeddings=using.embeddings,
        model=using.model,
        before=before,
        tell=lambda reached: runtime.stream_writer({"step": str(reached)}),
        anew=state.get("anew", False),
    )


def _publish(state: IndexingState, runtime: Runtime[IndexingContext]) -> IndexingState:
    using = runtime.context
    done = publish(
        UUID(state["job"]),
        jobs=using.jobs,
        courses=using.courses,
        index=using.index,
        model=using.model,
        anew=state.get("anew", False),
    )
    if state.get("files"):
        using.spool.drop(UUID(state["job"]))
    return {"passages": done}


def _renew_concepts(state: IndexingState, runtime: Runtime[IndexingContext]) -> IndexingState:
    using = runtime.context
    job = using.jobs.get(UUID(state["job"]))
    course = using.courses.get(job.course_id) if job else None
    try:
        if course:
            renew_concepts(course, using.courses, using.index, using.concepts, using.readings)
    except (
        Exception
    ) as exc:  # whatever it is: the course can be asked, and its state tells that its concepts are old
        _log.exception("renew_concepts", course_id=job and job.course_id, error=str(exc))
    return {}
