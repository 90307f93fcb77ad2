"""Node: judge whether what was found is enough to answer from."""

from typing import Any

from langgraph.runtime import Runtime

from lectern.tutor.answering.judging import judge
from lectern.tutor.answering.measuring import kept_meaning
from lectern.tutor.answering.rewriting import other_reading, rewording, without_words
from lectern.tutor.graph.context import TutorContext
from lectern.tutor.graph.legs import is_embedding_away
from lectern.tutor.graph.state import TutorState


def sufficiency(state: TutorState, runtime: Runtime[TutorContext]) -> dict[str, Any]:
    """Compute the confidence and decide: answer, rewrite once, or abstain."""
    query, missing, using = state["query"], state["missing"], runtime.context
    embeddings = using.embeddings if using.fitted and not is_embedding_away(state) else None
    left = without_words(query, missing) if missing else query
    features = {**state["features"], "kept_meaning": kept_meaning(query, left, embeddings)}
    confidence = using.confidence.probability(features) if state["ranked"] else 0.0
    confidence = min(confidence, state.get("ceiling", 1.0))
    reading = other_reading(
        state["question"], query, leans=state["leans"], topic=state["topic"], missing=missing
    )
    other = rewording(query, other_reading=reading)
    verdict = judge(
        query,
        confidence=confidence,
        features=features,
        misspelt=False,
        may_rewrite=other != query and not state.get("rewritten", False),
    )
    return {"features": features, "confidence": confidence, "rewording": other, "verdict": verdict.value}
