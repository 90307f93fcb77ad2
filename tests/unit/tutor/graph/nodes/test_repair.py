"""What the answer claims is checked against its passages, and what they do not say is dropped."""

from typing import Any

from lectern.tutor.domain.passage import Passage, PassageKind
from lectern.tutor.graph.nodes.repair import repair
from lectern.tutor.graph.nodes.verify_citations import verify_citations
from lectern.tutor.graph.state import passage_to_json

TEXT = "A loop repeats a block of code."
PASSAGE = Passage(
    id="p",
    document="d",
    title="t",
    ordinal=0,
    text=TEXT,
    kind=PassageKind.BODY,
    heading_path=(),
    anchor="",
    start=0,
    end=len(TEXT),
)


def piece(text: str, start: int, end: int) -> dict[str, Any]:
    return {"text": text, "code": False, "rank": 0, "start": start, "end": end}


def state(*pieces: dict[str, Any]) -> Any:
    ranked = [{"passage": passage_to_json(PASSAGE), "score": 1.0, "legs": ["keyword"]}]
    return {"pieces": list(pieces), "ranked": ranked}


def test_what_its_quote_does_not_say_is_dropped() -> None:
    good, bad, empty = piece(TEXT, 0, len(TEXT)), piece("Paris is in France.", 0, 20), piece("", 5, 5)
    before = state(good, bad, empty)
    before["unsupported"] = verify_citations(before)["unsupported"]
    assert before["unsupported"] == [1, 2]
    assert repair(before) == {"pieces": [good]}


def test_a_sound_answer_passes() -> None:
    assert verify_citations(state(piece(TEXT, 0, len(TEXT)))) == {"unsupported": []}
