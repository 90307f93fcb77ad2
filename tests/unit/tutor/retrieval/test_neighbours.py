import pytest

from lectern.tutor.domain.passage import Passage, PassageKind
from lectern.tutor.retrieval.fusion import Ranked
from lectern.tutor.retrieval.neighbours import REACH, by_neighbours


def ranked(**scores: float) -> list[Ranked]:
    """Passages by document and ordinal ("a3"), with their scores, best first."""
    return [
        Ranked(passage=_passage(name[0], int(name[1:])), score=score, keyword_score=None, vector_score=None)
        for name, score in sorted(scores.items(), key=lambda item: -item[1])
    ]


def order(found: list[Ranked]) -> list[str]:
    return [one.passage.id for one in by_neighbours(found)]


def test_a_passage_whose_neighbours_were_found_comes_before_one_that_stands_alone() -> None:
    assert order(ranked(a1=1.0, b1=0.95, b2=0.9, b3=0.9))[0] == "b1"


def test_what_is_far_away_in_a_long_document_is_no_neighbour() -> None:
    far = {f"b{number * (REACH + 1)}": 0.9 for number in range(1, 4)}
    assert order(ranked(a1=1.0, b0=0.95, **far))[0] == "a1"


def test_one_place_does_not_fill_the_first_places() -> None:
    assert order(ranked(a1=1.0, a2=0.8, a3=0.8, b1=0.9))[:2] == ["a1", "b1"]


def test_passages_of_one_place_keep_their_order() -> None:
    assert order(ranked(a1=0.5, a2=0.9, a3=0.7)) == ["a2", "a3", "a1"]


def test_scores_stay_between_0_and_1_and_legs_are_kept() -> None:
    found = by_neighbours(ranked(a1=1.0, a2=1.0, a3=1.0, b1=0.0))
    assert found[0].score == pytest.approx(1)
    assert found[-1].score == 0
    assert by_neighbours([]) == []


def _passage(document: str, ordinal: int) -> Passage:
    return Passage(
        id=f"{document}{ordinal}",
        document=document,
        title="",
        ordinal=ordinal,
        text="",
        kind=PassageKind.BODY,
        heading_path=(),
        anchor="",
        start=0,
        end=0,
    )
