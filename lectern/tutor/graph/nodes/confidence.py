"""Node: put the answer, its sources and its confidence together."""

from typing import Any

from langgraph.runtime import Runtime

from lectern.tutor.answering.citing import source, written
from lectern.tutor.domain.answer import Answer, QuestionType
from lectern.tutor.graph.asking import share_of
from lectern.tutor.graph.context import TutorContext
from lectern.tutor.graph.material import day_of, updated_at
from lectern.tutor.graph.state import TutorState, passage_from_json, rounded


def confidence(state: TutorState, runtime: Runtime[TutorContext]) -> dict[str, Any]:
    """Write the result of a question that the course answers."""
    pieces, ranked = state["pieces"], state["ranked"]
    dates = updated_at(state, runtime.context)
    sources = []
    for number, piece in enumerate(pieces, 1):
        found = ranked[piece["rank"]]
        passage = passage_from_json(found["passage"])
        at = piece["start"], piece["end"]
        since = dates.get(passage.document)
        sources.append(
            source(number, passage, *at, score=found["score"], legs=found["legs"], updated_at=since)
        )
    answer = Answer(
        answer=written([(piece["text"], piece["code"]) for piece in pieces]),
        sources=sources,
        confidence=round(state["confidence"], 4),
        question_type=QuestionType(state["question_type"]),
        calibration=runtime.context.confidence.version,
        features=rounded(state.get("features", {})),
        degraded=state.get("degraded", []),
        notices=state.get("notices", []),
        material_date=day_of(dates.get(cited.document) for cited in sources),
        llm=share_of(state, runtime.context),
    )
    return {"result": answer.to_json()}
