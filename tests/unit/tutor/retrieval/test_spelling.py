from collections.abc import Mapping

import pytest

from lectern.tutor.retrieval.spelling import mended

COURSE = {"statement": 2, "statements": 1, "instruction": 1, "indented": 4}


@pytest.mark.parametrize("typed", ["statment", "statemnet", "statementt", "stetement", "statemebt"])
def test_one_slip_is_mended_by_the_words_of_the_course(typed: str) -> None:
    assert _mended(f"what is a {typed}") == "what is a statement"


def test_the_more_frequent_word_is_meant() -> None:
    assert _mended("stafe", {"state": 1, "stage": 2}) == "stage"
    assert _mended("stafe", {"state": 2, "stage": 1}) == "state"


@pytest.mark.parametrize(
    "word", ["virion", "zorblax", "stat", "statements2", "stapement", "estatement", "statementr"]
)
def test_a_strange_word_is_left_as_it_is(word: str) -> None:
    assert _mended(f"what is {word}") == f"what is {word}"


def test_a_word_that_the_course_has_in_another_form_is_left_as_it_is() -> None:
    assert _mended("instructions", {"instruction": 1, "instructions": 0}) == "instructions"
    assert _mended("instruction", {"instructions": 1}) == "instruction"


def test_a_word_of_the_language_is_not_put_right() -> None:
    assert _mended("who invented it") == "who indented it"
    known = mended("who invented it", lambda _word: COURSE, lambda word: word == "invented")
    assert known == "who invented it"


def test_words_that_cannot_be_mended_are_not_looked_up() -> None:
    asked: list[str] = []
    mended("what is a list of seven zorblaxes", lambda word: asked.append(word) or {}, {"seven"}.__contains__)  # type: ignore[func-returns-value] - append for its effect
    assert asked == ["zorblaxes"]


def test_a_text_in_another_language_is_not_looked_up_word_by_word() -> None:
    asked: list[str] = []
    text = " ".join(f"zorblax{letter}" for letter in "abcdefghijklmnopqrstuvwxyz")
    mended(text, lambda word: asked.append(word) or {}, lambda _word: False)  # type: ignore[func-returns-value] - append for its effect
    assert 0 < len(asked) < 10


def _mended(question: str, course: Mapping[str, int] = COURSE) -> str:
    return mended(question, lambda _word: course, lambda _word: False)
