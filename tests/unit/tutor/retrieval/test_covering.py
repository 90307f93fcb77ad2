import pytest

from lectern.tutor.domain.passage import Passage, PassageKind
from lectern.tutor.retrieval.covering import by_coverage
from lectern.tutor.retrieval.fusion import Ranked


def ranked(**scores: float) -> list[Ranked]:
    """Passages by their text ("cell_wall"), with their scores, best first."""
    return [
        Ranked(passage=_passage(text), score=score, keyword_score=None, vector_score=None)
        for text, score in sorted(scores.items(), key=lambda item: -item[1])
    ]


def order(query: str, found: list[Ranked]) -> list[str]:
    return [one.passage.text for one in by_coverage(query, found)]


def test_a_passage_with_all_words_comes_before_one_that_is_strong_in_one_of_them() -> None:
    found = ranked(cell=1.0, cell_walls=0.9, wall=0.2, cells=0.1)
    assert order("What is a cell wall?", found)[:2] == ["cell walls", "cell"]


def test_a_rare_word_counts_more_than_a_frequent_one() -> None:
    found = ranked(cell=0.5, wall=0.45, cells=0.2, celled=0.1)
    assert order("cell wall", found)[0] == "wall"


def test_words_that_no_passage_holds_change_nothing() -> None:
    found = ranked(cell=1.0, wall=0.5)
    assert by_coverage("virus", found) == by_coverage("what is it", found) == found
    assert by_coverage("cell", []) == []


def test_scores_stay_between_0_and_1() -> None:
    assert by_coverage("cell", ranked(cell=1.0, wall=0.0))[0].score == pytest.approx(1)


def _passage(text: str) -> Passage:
    return Passage(
        id=text,
        document="d",
        title="",
        ordinal=0,
        text=text.replace("_", " "),
        kind=PassageKind.BODY,
        heading_path=(),
        anchor="",
        start=0,
        end=0,
    )
