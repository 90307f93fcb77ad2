"""Node: have the language model mend its answer once, told what is wrong with it."""

from typing import Any

from langgraph.runtime import Runtime

from lectern.tutor.answering.reading_replies import draft_of
from lectern.tutor.graph.asking import ask_model
from lectern.tutor.graph.context import TutorContext
from lectern.tutor.graph.state import DraftedSentence, TutorState, passage_from_json
from lectern.tutor.prompts import listed


async def mend(state: TutorState, runtime: Runtime[TutorContext]) -> dict[str, Any]:
    """Take the mended draft; without one the sound sentences of the first are kept."""
    blanks = {
        "passages": listed([passage_from_json(found["passage"]) for found in state["ranked"]]),
        "question": state["query"],
        "complaints": "\n".join(_told(number, one) for number, one in enumerate(state["draft"], 1)),
    }
    asked = await ask_model(state, runtime.context, "mend", blanks)
    sentences = draft_of(asked.value).sentences if asked.value else []
    if not sentences:
        return {**asked.update, "was_mended": True}
    draft = [DraftedSentence(text=text, passages=ids, complaint="") for text, ids in sentences]
    return {**asked.update, "was_mended": True, "draft": draft}


def _told(number: int, one: DraftedSentence) -> str:
    complaint = f"\n   complaint: {one['complaint']}" if one["complaint"] else ""
    return f"{number}. {one['text']} [{', '.join(one['passages'])}]{complaint}"
