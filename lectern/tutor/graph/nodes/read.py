"""Node: have the language model make the question readable without its conversation, and tell its kind."""

from typing import Any

from langgraph.runtime import Runtime

from lectern.tutor.answering.reading_replies import question_of, question_type_of
from lectern.tutor.domain.answer import QuestionType
from lectern.tutor.graph.asking import ask_model
from lectern.tutor.graph.context import TutorContext
from lectern.tutor.graph.state import TutorState

#: Turns and characters of an answer that are shown: what a question leans on is seldom further away.
_TURNS, _ANSWER = 4, 400


async def read(state: TutorState, runtime: Runtime[TutorContext]) -> dict[str, Any]:
    """Set the question as it is searched for, unless the reply cannot be used: then rules condense it."""
    turns = state["history"][-_TURNS:]
    told = [f"Student: {turn['question']}\nCourse: {turn['answer'][:_ANSWER]}" for turn in turns]
    blanks = {"conversation": "\n\n".join(told), "question": state["question"]}
    asked = await ask_model(state, runtime.context, "read", blanks)
    questions = [turn["question"] for turn in turns]
    query = question_of(asked.value, state["question"], told, questions) if asked.value else ""
    if not asked.value or not query:
        return asked.update
    leans = asked.value.get("leans") is True
    kind = question_type_of(asked.value) or (QuestionType.FOLLOW_UP if leans else QuestionType.SIMPLE)
    return {**asked.update, "query": query, "leans": leans, "topic": "", "question_type": kind.value}
