"""The tutor's graph when there is a language model: the same search, with the model's nodes around it.

Each call of the model is a node of its own, so that its checkpoint is written before anything else happens. Where the model is
away, or a limit is reached, the rules' nodes go on. At most four calls: read, reword, compose, mend; a well supported
first question takes one, and so does a hint.
"""

from collections.abc import Sequence

from langgraph.graph import START, StateGraph

from lectern.tutor.answering.classifying import is_small_talk
from lectern.tutor.answering.declining import VAGUELY_NEAR
from lectern.tutor.answering.judging import Verdict
from lectern.tutor.graph.asking import may_ask
from lectern.tutor.graph.at_once import AtOnce
from lectern.tutor.graph.build import BEGINNING, LEGS, WAYS, add_rules, after_condense, wants_hint
from lectern.tutor.graph.context import TutorContext
from lectern.tutor.graph.nodes.check_draft import can_mend, check_draft
from lectern.tutor.graph.nodes.compose import compose
from lectern.tutor.graph.nodes.mend import mend
from lectern.tutor.graph.nodes.read import read
from lectern.tutor.graph.nodes.reword import reword
from lectern.tutor.graph.nodes.write_hint import write_hint
from lectern.tutor.graph.state import TutorInput, TutorOutput, TutorState


def build_graph_with_model() -> StateGraph[TutorState, TutorContext, TutorInput, TutorOutput]:
    """Return the uncompiled graph; a run goes through at most 33 steps, 20 unless the course changes meanwhile."""
    graph = StateGraph(
        TutorState, context_schema=TutorContext, input_schema=TutorInput, output_schema=TutorOutput
    )
    add_rules(graph, to_hint="write_hint")
    for node in (read, reword, compose, mend, write_hint):
        graph.add_node(node.__name__, node)
    graph.add_node("check_draft", check_draft)
    graph.add_conditional_edges(START, AtOnce(_first), ["read", "condense"])
    graph.add_conditional_edges("read", AtOnce(_after_read), [*BEGINNING, "condense"])
    graph.add_conditional_edges("condense", AtOnce(after_condense), [*BEGINNING, "abstain"])
    ways = ["compose", "reword", "answer", "rewrite", "check_material"]
    graph.add_conditional_edges("sufficiency", AtOnce(_after_sufficiency), ways)
    graph.add_conditional_edges("reword", AtOnce(lambda _state: LEGS), LEGS)
    graph.add_edge("write_hint", "hint")
    graph.add_edge("compose", "check_draft")
    graph.add_edge("mend", "check_draft")
    graph.add_conditional_edges("check_draft", AtOnce(_after_check), ["mend", "check_material", "answer"])
    return graph


def _first(state: TutorState) -> str:
    """Have the model read a conversation; a first question can be read as it is, and a greeting is none."""
    return "read" if state["history"] and not is_small_talk(state["question"]) else "condense"


def _after_read(state: TutorState) -> Sequence[str]:
    return BEGINNING if state.get("query") else ["condense"]


def _after_sufficiency(state: TutorState) -> str:
    """Choose by the evidence; where that is weak but not hopeless, the model judges it while it answers."""
    verdict = state["verdict"]
    by_rules = WAYS[Verdict(verdict)]
    # The solution of a hint is told by the rules, the hint is the model's.
    if wants_hint(state) or not may_ask(state):
        return by_rules
    if verdict == Verdict.ANSWER:
        return "compose"
    if not state["ranked"] or state["confidence"] < VAGUELY_NEAR:
        return by_rules
    return "compose" if state.get("rewritten", False) else "reword"


def _after_check(state: TutorState) -> str:
    if can_mend(state):
        return "mend"
    if state["pieces"]:
        return "check_material"
    declined = not state.get("answerable", True) or state["verdict"] != Verdict.ANSWER
    return "check_material" if declined else "answer"
