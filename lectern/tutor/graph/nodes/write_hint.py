"""Node: have the language model write what leads to the answer; what it wrote is checked when the hint is put together."""

from typing import Any

from langgraph.runtime import Runtime

from lectern.tutor.answering.reading_replies import hint_of
from lectern.tutor.graph.asking import ask_model, may_ask
from lectern.tutor.graph.context import TutorContext
from lectern.tutor.graph.state import DraftedSentence, TutorState, passage_from_json
from lectern.tutor.prompts import listed


async def write_hint(state: TutorState, runtime: Runtime[TutorContext]) -> dict[str, Any]:
    """Take the model's idea as a draft and its question; without the model the rules' own do."""
    if not may_ask(state):
        return {"draft": [], "guiding": ""}
    passages = [passage_from_json(found["passage"]) for found in state["ranked"]]
    blanks = {
        "passages": listed(passages),
        "solution": "\n".join(piece["text"] for piece in state["pieces"]),
        "question": state["query"],
    }
    asked = await ask_model(state, runtime.context, "hint", blanks)
    if not asked.value:
        return {**asked.update, "draft": [], "guiding": ""}
    idea, ids, guiding = hint_of(asked.value, [one.id for one in passages])
    draft = [DraftedSentence(text=idea, passages=ids, complaint="")] if idea else []
    return {**asked.update, "draft": draft, "guiding": guiding}
