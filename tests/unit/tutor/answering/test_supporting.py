import pytest

from lectern.tutor.answering.supporting import answer_figures, definition_figures, passage_figures
from tests.tutor_house import passage

FOUND = [passage("a.md", "A", "One."), passage("b.md", "B", "Two."), passage("a.md", "A", "Three.")]


def test_a_document_that_is_found_more_than_once_has_a_greater_share() -> None:
    shares = [one["document_share"] for one in passage_figures(FOUND, [1.0, 0.6, 0.4])]
    assert shares == [pytest.approx(0.7), pytest.approx(0.3), pytest.approx(0.7)]


def test_a_course_of_one_document_says_nothing_by_it() -> None:
    assert passage_figures(FOUND[:1], [0.8]) == [{"passage_score": 0.8}]


def test_nothing_found_has_no_figures() -> None:
    assert passage_figures([], []) == []


def test_the_definition_that_is_asked_for_is_looked_for_in_all_passages() -> None:
    found = [
        passage("a.md", "A", "A list is used to keep things."),
        passage("b.md", "B", "A list is a row of values."),
    ]
    assert definition_figures("What is a list?", found)["defined"] > 0.9
    assert definition_figures("What is a list?", found[:1])["defined"] < 0.6
    assert definition_figures("What is a tuple?", found) == {"defined": 0.0}
    plural = passage("b.md", "B", "Lists are short rows of values.")
    assert 0.7 < definition_figures("What is a list?", [plural, found[0]])["defined"] < 1


@pytest.mark.parametrize("question", ["How is a list sorted?", "list"])
def test_a_question_for_no_definition_tells_nothing_of_one(question: str) -> None:
    found = [passage("b.md", "B", "A list is a row of values.")]
    assert definition_figures(question, found) == {}
    assert answer_figures(question, ["A list is a row of values."]) == {"states_definition": 0.0}


def test_an_answer_states_the_definition_in_one_of_its_first_sentences() -> None:
    led = ["Values stand in a row.", "This row of values is called a list.", "It can grow."]
    assert answer_figures("What is a list?", led)["states_definition"] > 0.9
    assert (
        answer_figures("What is a list?", ["Use a list.", *["It grows."] * 3, led[1]])["states_definition"]
        < 0.5
    )
