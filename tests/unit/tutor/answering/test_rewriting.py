import pytest

from lectern.tutor.answering.rewriting import (
    mended,
    missing_words,
    other_reading,
    rewording,
    spoken,
    without_words,
    words_of_course,
)

COURSE = words_of_course(["A statement is one instruction.", "Statements run. The statement ends."])


@pytest.mark.parametrize("typed", ["statment", "statemnet", "statementt", "stetement", "statemebt"])
def test_one_slip_is_mended_by_the_words_of_the_course(typed: str) -> None:
    assert mended(f"what is a {typed}", COURSE, _no_word) == "what is a statement"


def test_the_more_frequent_word_is_meant() -> None:
    assert mended("stafe", words_of_course(["state", "stage stage"]), _no_word) == "stage"
    assert mended("stafe", words_of_course(["state state", "stage"]), _no_word) == "state"


@pytest.mark.parametrize(
    "word", ["virion", "zorblax", "stat", "statements2", "stapement", "estatement", "statementr"]
)
def test_a_strange_word_is_left_as_it_is(word: str) -> None:
    assert mended(f"what is {word}", COURSE, _no_word) == f"what is {word}"


def test_missing_words_are_those_that_nothing_found_has() -> None:
    assert missing_words("What does the Zorblax statements do?", COURSE) == ["zorblax"]


def test_signs_get_their_names() -> None:
    assert "assignment" in spoken("= or ==")
    assert "comparison" in spoken("= or ==")
    assert spoken("what is a list") == "what is a list"


def test_words_can_be_taken_out() -> None:
    assert (
        without_words("What does the Zorblax operator return?", ["zorblax"])
        == "What does the operator return"
    )


def test_the_topic_helps_only_a_question_whose_words_are_known() -> None:
    assert other_reading("letter", "letter", leans=False, topic="string", missing=[]) == "letter string"
    assert other_reading("virion", "virion", leans=False, topic="string", missing=["virion"]) == ""


def test_what_leaned_may_stand_alone() -> None:
    assert (
        other_reading("and bacteria?", "and bacteria? virus", leans=True, topic="virus", missing=[])
        == "bacteria"
    )
    assert other_reading("why?", "why? virus", leans=True, topic="virus", missing=[]) == ""


def test_mending_comes_before_another_reading() -> None:
    assert rewording("statment", mended="statement", other_reading="statment if") == "statement"
    assert rewording("letter", mended="letter", other_reading="letter string") == "letter string"
    assert rewording("letter", mended="letter", other_reading="") == "letter"


def test_a_word_of_the_language_is_not_put_right() -> None:
    course = words_of_course(["Python code is indented by four spaces."])
    assert mended("who invented it", course, _no_word) == "who indented it"
    assert mended("who invented it", course, lambda word: word == "invented") == "who invented it"


def _no_word(_word: str) -> bool:
    return False
