"""The tutor's graph: which step follows which. What a step does is in `nodes/`, one file a step."""

from collections.abc import Sequence

from langgraph.graph import END, START, StateGraph

from lectern.tutor.answering.judging import Verdict
from lectern.tutor.domain.answer import Mode, QuestionType
from lectern.tutor.graph.at_once import AtOnce
from lectern.tutor.graph.context import TutorContext
from lectern.tutor.graph.nodes.abstain import abstain
from lectern.tutor.graph.nodes.answer import answer
from lectern.tutor.graph.nodes.build_on import build_on
from lectern.tutor.graph.nodes.check_material import check_material
from lectern.tutor.graph.nodes.condense import condense
from lectern.tutor.graph.nodes.confidence import confidence
from lectern.tutor.graph.nodes.fuse import fuse
from lectern.tutor.graph.nodes.hint import hint
from lectern.tutor.graph.nodes.repair import repair
from lectern.tutor.graph.nodes.rewrite import rewrite
from lectern.tutor.graph.nodes.search_keywords import search_keywords
from lectern.tutor.graph.nodes.search_vectors import search_vectors
from lectern.tutor.graph.nodes.sufficiency import sufficiency
from lectern.tutor.graph.nodes.verify_citations import verify_citations
from lectern.tutor.graph.state import TutorInput, TutorOutput, TutorState

LEGS = ["search_keywords", "search_vectors"]
#: What a question begins with: the legs, and beside them what it builds on.
BEGINNING = [*LEGS, "build_on"]
#: Where each verdict leads: a refusal, too, is checked against what the course has now.
WAYS = {Verdict.ANSWER: "answer", Verdict.REWRITE: "rewrite", Verdict.ABSTAIN: "check_material"}


def build_graph() -> StateGraph[TutorState, TutorContext, TutorInput, TutorOutput]:
    """Return the uncompiled graph; a run goes through at most 25 steps, 14 unless the course changes meanwhile."""
    graph = StateGraph(
        TutorState, context_schema=TutorContext, input_schema=TutorInput, output_schema=TutorOutput
    )
    add_rules(graph)
    graph.add_edge(START, "condense")
    graph.add_conditional_edges("condense", AtOnce(after_condense), [*BEGINNING, "abstain"])
    graph.add_conditional_edges(
        "sufficiency", AtOnce(lambda state: WAYS[Verdict(state["verdict"])]), [*WAYS.values()]
    )
    return graph


def add_rules(
    graph: StateGraph[TutorState, TutorContext, TutorInput, TutorOutput], *, to_hint: str = "hint"
) -> None:
    """Add the nodes that work by rules, and the edges among them that no language model changes.

    `to_hint` is the node at which a hint begins, once its solution is known.
    """
    for node in (condense, search_keywords, search_vectors, build_on, fuse, sufficiency):
        graph.add_node(node.__name__, node)
    for node in (check_material, confidence, hint, abstain):
        graph.add_node(node.__name__, node)
    graph.add_node("answer", answer)
    for quick in (rewrite, verify_citations, repair):
        graph.add_node(quick.__name__, AtOnce(quick))
    graph.add_edge(LEGS, "fuse")
    graph.add_edge("fuse", "sufficiency")
    graph.add_conditional_edges("rewrite", AtOnce(lambda _state: LEGS), LEGS)
    graph.add_edge("answer", "verify_citations")
    graph.add_conditional_edges("verify_citations", AtOnce(_after_check), ["repair", "check_material"])
    graph.add_edge("repair", "check_material")
    graph.add_conditional_edges(
        "check_material",
        AtOnce(lambda state: _after_material(state, to_hint)),
        [*LEGS, "confidence", to_hint, "abstain"],
    )
    graph.add_edge("confidence", END)
    graph.add_edge("hint", END)
    graph.add_edge("abstain", END)


def after_condense(state: TutorState) -> Sequence[str]:
    """Search, unless nothing was asked."""
    return ["abstain"] if state["question_type"] == QuestionType.OFF_TOPIC else BEGINNING


def _after_check(state: TutorState) -> str:
    return "repair" if state["unsupported"] else "check_material"


def wants_hint(state: TutorState) -> bool:
    """Return True when the student is to find the answer alone."""
    return state.get("mode") == Mode.HINT


def _after_material(state: TutorState, to_hint: str) -> Sequence[str]:
    if state["stale"]:
        return LEGS
    if not state["pieces"]:
        return ["abstain"]
    return [to_hint] if wants_hint(state) else ["confidence"]
