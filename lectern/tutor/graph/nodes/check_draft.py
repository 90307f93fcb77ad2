"""Node: check each sentence that the language model wrote against the passage that it cites."""

from typing import Any

from langgraph.runtime import Runtime

from lectern.tutor.answering.grounding import Grounded, ground
from lectern.tutor.answering.wording import plain, telling
from lectern.tutor.graph.asking import may_ask, without_model
from lectern.tutor.graph.context import TutorContext
from lectern.tutor.graph.state import DraftedSentence, Piece, TutorState, passage_from_json


def check_draft(state: TutorState, runtime: Runtime[TutorContext]) -> dict[str, Any]:
    """Keep what its passage says, as pieces of the answer, and note a complaint about everything else.

    Where nothing is left and nothing can be mended, the answer does without the model, or the run fails.
    """
    passages = [passage_from_json(found["passage"]) for found in state["ranked"]]
    pieces: list[Piece] = []
    draft: list[DraftedSentence] = []
    before: Grounded | None = None
    for sentence in state["draft"]:
        found = ground(sentence["text"], sentence["passages"], passages, before)
        before = found if isinstance(found, Grounded) else None
        draft.append({**sentence, "complaint": "" if isinstance(found, Grounded) else found.complaint})
        if isinstance(found, Grounded):
            piece = _piece(sentence["text"], found, passages[found.rank].text)
            pieces += [] if any(_repeats(piece, one) for one in pieces) else [piece]
    dropped = sum(bool(sentence["complaint"]) for sentence in draft)
    checked = {"pieces": pieces, "draft": draft, "dropped": dropped, "composed": bool(pieces)}
    if pieces or not state.get("answerable", True) or can_mend({**state, "draft": draft}):
        return checked
    told = "The language model wrote nothing that the course supports."
    return {**checked, **without_model(runtime.context, told)}


def can_mend(state: TutorState) -> bool:
    """Return True when there is something to mend and a call left for it."""
    unsound = any(sentence["complaint"] for sentence in state["draft"])
    return unsound and not state.get("was_mended", False) and may_ask(state)


def _repeats(piece: Piece, earlier: Piece) -> bool:
    """Return True when a sentence says nothing that an earlier one from the same place has not said."""
    same_place = all(piece[name] == earlier[name] for name in ("rank", "start", "end", "code"))
    return same_place and _told(piece) <= _told(earlier)


def _told(piece: Piece) -> set[str]:
    return {token.word for token in telling(plain(piece["text"]))}


def _piece(text: str, found: Grounded, passage: str) -> Piece:
    code = text.startswith("```")
    written = passage[found.start : found.end] if code else text
    return Piece(text=written, code=code, rank=found.rank, start=found.start, end=found.end)
