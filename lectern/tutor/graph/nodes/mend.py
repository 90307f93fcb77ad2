"""Node: have the language model mend its answer once, told what is wrong with it."""

from collections.abc import Sequence
from typing import Any

from langgraph.runtime import Runtime

from lectern.tutor.answering.reading_replies import draft_of
from lectern.tutor.graph.asking import ask_model
from lectern.tutor.graph.context import TutorContext
from lectern.tutor.graph.state import DraftedSentence, TutorState, passage_from_json
from lectern.tutor.prompts import listed


async def mend(state: TutorState, runtime: Runtime[TutorContext]) -> dict[str, Any]:
    """Take the mended draft; without one the sound sentences of the first are kept."""
    passages = [passage_from_json(found["passage"]) for found in state["ranked"]]
    ids = [one.id for one in passages]
    blanks = {
        "passages": listed(passages),
        "question": state["query"],
        "complaints": "\n".join(_told(number, one, ids) for number, one in enumerate(state["draft"], 1)),
    }
    asked = await ask_model(state, runtime.context, "mend", blanks)
    sentences = draft_of(asked.value, ids).sentences if asked.value else []
    if not sentences:
        return {**asked.update, "was_mended": True}
    draft = [DraftedSentence(text=text, passages=ids, complaint="") for text, ids in sentences]
    return {**asked.update, "was_mended": True, "draft": draft}


def _told(number: int, one: DraftedSentence, ids: Sequence[str]) -> str:
    cited = ", ".join(str(ids.index(passage) + 1) for passage in one["passages"] if passage in ids)
    complaint = f"\n   complaint: {one['complaint']}" if one["complaint"] else ""
    return f"{number}. {one['text']} [{cited}]{complaint}"
