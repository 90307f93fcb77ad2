import pytest

from lectern.tutor.answering.supporting import passage_figures
from tests.tutor_house import passage

FOUND = [passage("a.md", "A", "One."), passage("b.md", "B", "Two."), passage("a.md", "A", "Three.")]


def test_a_document_that_is_found_more_than_once_has_a_greater_share() -> None:
    shares = [one["document_share"] for one in passage_figures(FOUND, [1.0, 0.6, 0.4])]
    assert shares == [pytest.approx(0.7), pytest.approx(0.3), pytest.approx(0.7)]


def test_a_course_of_one_document_says_nothing_by_it() -> None:
    assert passage_figures(FOUND[:1], [0.8]) == [{"passage_score": 0.8}]


def test_nothing_found_has_no_figures() -> None:
    assert passage_figures([], []) == []
