"""Node: check each piece of the answer against the passage that it cites."""

from typing import Any

from lectern.tutor.answering.citing import supported
from lectern.tutor.graph.state import TutorState, passage_from_json


def verify_citations(state: TutorState) -> dict[str, Any]:
    """Note the pieces whose quote does not stand in its passage, or does not say what they say."""
    passages = [passage_from_json(found["passage"]) for found in state["ranked"]]
    unsupported = []
    for place, piece in enumerate(state["pieces"]):
        passage = passages[piece["rank"]]
        quote = passage.text[piece["start"] : piece["end"]]
        if not supported(piece["text"], quote, piece["start"], passage):
            unsupported.append(place)
    return {"unsupported": unsupported}
