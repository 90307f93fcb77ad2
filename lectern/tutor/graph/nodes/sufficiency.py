"""Node: judge whether what was found is enough to answer from."""

from typing import Any

from langgraph.runtime import Runtime

from lectern.tutor.answering.judging import is_enough, judge
from lectern.tutor.answering.measuring import kept_meaning
from lectern.tutor.answering.rewriting import other_reading, rewording, without_words
from lectern.tutor.graph.context import TutorContext
from lectern.tutor.graph.legs import is_embedding_away
from lectern.tutor.graph.nodes.fuse import is_taught
from lectern.tutor.graph.state import TutorState
from lectern.tutor.graph.stating import bearing, defining


def sufficiency(state: TutorState, runtime: Runtime[TutorContext]) -> dict[str, Any]:
    """Compute the confidence and decide: answer, rewrite once, or abstain."""
    query, missing, using = state["query"], state["missing"], runtime.context
    embeddings = using.embeddings if using.fitted and not is_embedding_away(state) else None
    left = without_words(query, missing) if missing else query
    features = {**state["features"], "kept_meaning": kept_meaning(query, left, embeddings)}
    features |= {**bearing(state, 0), **defining(state)} if state["ranked"] else {}
    judge_by = using.answerable or using.confidence
    answerable, confidence = judge_by.probability(features), using.confidence.probability(features)
    if not state["ranked"]:
        answerable = confidence = 0.0
    ceiling = state.get("ceiling", 1.0)
    reading = other_reading(
        state["question"], query, leans=state["leans"], topic=state["topic"], missing=missing
    )
    other = rewording(query, other_reading=reading)
    # That a passage has all words of a question tells nothing of words that the language model chose.
    evidence = features if "ceiling" not in state else {**features, "coverage_best": 0.0}
    taught = bool(state["ranked"]) and is_taught(state["ranked"][0]["passage"]["document"], state)
    verdict = judge(
        enough=taught or is_enough(query, min(answerable, ceiling), evidence, judge_by.decline_below),
        may_rewrite=other != query and not state.get("rewritten", False),
    )
    confidence = min(confidence, answerable, ceiling)
    return {"features": features, "confidence": confidence, "rewording": other, "verdict": verdict.value}
