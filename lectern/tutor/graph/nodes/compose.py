"""Node: have the language model write the answer; it also tells whether the passages hold one."""

from typing import Any

from langgraph.runtime import Runtime

from lectern.tutor.answering.reading_replies import draft_of
from lectern.tutor.domain.answer import QuestionType
from lectern.tutor.graph.asking import ask_model
from lectern.tutor.graph.context import TutorContext
from lectern.tutor.graph.state import DraftedSentence, TutorState, passage_from_json
from lectern.tutor.prompts import listed


async def compose(state: TutorState, runtime: Runtime[TutorContext]) -> dict[str, Any]:
    """Take the model's sentences as a draft: nothing of it is believed yet."""
    passages = [passage_from_json(found["passage"]) for found in state["ranked"]]
    blanks = {"passages": listed(passages), "question": _question(state)}
    asked = await ask_model(state, runtime.context, "compose", blanks)
    if not asked.value:
        return {**asked.update, "draft": []}
    draft = draft_of(asked.value, [one.id for one in passages])
    return {
        **asked.update,
        "answerable": draft.answerable,
        "question_type": _kind(state, draft.question_type),
        "draft": [DraftedSentence(text=text, passages=ids, complaint="") for text, ids in draft.sentences],
    }


def _kind(state: TutorState, told: QuestionType | None) -> str:
    """Return the model's word on a first question, which leans on none before it; any other was read in its conversation."""
    if state["history"] or told not in (QuestionType.SIMPLE, QuestionType.COMPLEX):
        return state["question_type"]
    return told.value


def _question(state: TutorState) -> str:
    question, query = state["question"], state["query"]
    return question if question == query else f"{question}\n(that is: {query})"
