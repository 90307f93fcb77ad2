"""Node: put a hint together, and hold everything in it against what the answer would be made of."""

from typing import Any

from langgraph.runtime import Runtime

from lectern.tutor.answering.grounding import Grounded, ground
from lectern.tutor.answering.hinting import Cited, Idea, Solution, sound_question
from lectern.tutor.answering.hinting import hint as hinted
from lectern.tutor.answering.quoting import quotes_of
from lectern.tutor.confidence.model import AnswerKind
from lectern.tutor.domain.answer import Answer, Mode, QuestionType
from lectern.tutor.domain.passage import Passage
from lectern.tutor.graph.asking import share_of
from lectern.tutor.graph.context import TutorContext
from lectern.tutor.graph.material import cited
from lectern.tutor.graph.state import TutorState, passage_from_json, rounded
from lectern.tutor.graph.stating import notices, stated


def hint(state: TutorState, runtime: Runtime[TutorContext]) -> dict[str, Any]:
    """Write the result of a question that the course answers, for a student who is to find the answer alone."""
    ranked, pieces, query = state["ranked"], state["pieces"], state["query"]
    passages = [passage_from_json(found["passage"]) for found in ranked]
    quotes = quotes_of(passages)
    solution = Solution(query, [piece["text"] for piece in pieces], quotes)
    idea, guiding = _idea(state, passages, solution), _guiding(state, passages, solution)
    written = hinted(
        query,
        passages,
        [found["score"] for found in ranked],
        quotes,
        [Cited(rank=piece["rank"], start=piece["start"], end=piece["end"]) for piece in pieces],
        solution=solution,
        idea=idea,
        guiding=guiding,
    )
    places = ((place.rank, place.start, place.end) for place in written.places)
    sources, day = cited(places, passages, state, runtime.context)
    drafted = len(state.get("draft", [])) + bool(state.get("guiding", ""))
    used = (idea is not None) + bool(guiding)
    share = share_of({**state, "composed": used > 0, "dropped": drafted - used}, runtime.context)
    answer = Answer(
        answer=written.text,
        sources=sources,
        **stated(state["confidence"], AnswerKind.COMPOSED, state, runtime.context),
        question_type=QuestionType(state["question_type"]),
        features=rounded(state.get("features", {})),
        degraded=state.get("degraded", []),
        notices=notices(state),
        material_date=day,
        llm=share,
        mode=Mode.HINT,
    )
    return {"result": answer.to_json()}


def _idea(state: TutorState, passages: list[Passage], solution: Solution) -> Idea | None:
    """Return the model's idea when a passage says it and it tells nothing of the solution."""
    for sentence in state.get("draft", []):
        found = ground(sentence["text"], sentence["passages"], passages, None)
        if isinstance(found, Grounded) and not solution.gives_away(sentence["text"]):
            cited = Cited(rank=found.rank, start=found.start, end=found.end)
            quote = passages[found.rank].text[found.start : found.end]
            # The stretch that grounds it is shown as its quote, so it must tell as little.
            if not solution.gives_away(quote):
                return Idea(text=" ".join(sentence["text"].split()), cited=cited)
    return None


def _guiding(state: TutorState, passages: list[Passage], solution: Solution) -> str:
    text = " ".join(state.get("guiding", "").split())
    known = [state["query"], *(f"{one.location} {one.text}" for one in passages)]
    return text if text and sound_question(text, known, solution) else ""
