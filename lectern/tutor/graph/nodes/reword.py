"""Node: have the language model word the question differently for a second and last search."""

from typing import Any

from langgraph.runtime import Runtime

from lectern.tutor.answering.reading_replies import query_of
from lectern.tutor.graph.asking import ask_model
from lectern.tutor.graph.context import TutorContext
from lectern.tutor.graph.state import TutorState, passage_from_json


async def reword(state: TutorState, runtime: Runtime[TutorContext]) -> dict[str, Any]:
    """Search for the model's wording, or for that of the rules when it has none.

    What the model's words find may answer another question, so the confidence stays what it was for the student's.
    """
    places = [passage_from_json(found["passage"]).location for found in state["ranked"]]
    blanks = {
        "course": state["course"]["title"],
        "headings": "\n".join(dict.fromkeys(places)),
        "question": state["query"],
    }
    asked = await ask_model(state, runtime.context, "reword", blanks)
    query = query_of(asked.value) if asked.value else ""
    if not query:
        return {**asked.update, "query": state["rewording"] or state["query"], "rewritten": True}
    return {**asked.update, "query": query, "rewritten": True, "ceiling": state["confidence"]}
