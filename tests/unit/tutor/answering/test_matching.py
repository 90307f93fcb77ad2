import pytest

from lectern.tutor.answering.matching import (
    rarity,
    share_covered,
    signs,
    stem,
    stems,
    subject_words,
    words_asked,
)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("loop", "looping"),
        ("stop", "stopped"),
        ("class", "classes"),
        ("dictionary", "dictionaries"),
        ("name", "named"),
    ],
)
def test_forms_of_a_word_have_one_stem(one: str, other: str) -> None:
    assert stem(one) == stem(other)


def test_string_is_no_form_of_str() -> None:
    assert stem("string") == "string"


def test_the_subject_leaves_out_how_it_is_asked() -> None:
    assert subject_words("Can you explain what a for loop is?") == ["loop"]
    assert subject_words("why?") == []


@pytest.mark.parametrize(
    ("question", "asked"),
    [
        ("what is a tuple", ["tuple"]),
        ("= or == ?", ["=", "=="]),
        ("what is if for", ["what", "is", "if", "for"]),
    ],
    ids=["subject", "signs", "little words"],
)
def test_something_is_always_asked(question: str, asked: list[str]) -> None:
    assert words_asked(question) == asked


def test_signs_come_once_each() -> None:
    assert signs("a == b == c != d") == ["==", "!="]


def test_a_word_that_nobody_has_weighs_most() -> None:
    weights = rarity(["zorblax", "loop"], [stems("a loop"), stems("loops again")])
    assert weights["zorblax"] > weights["loop"] > 0


def test_coverage_is_by_weight() -> None:
    assert share_covered({"rare": 3.0, "common": 1.0}, {"rare"}) == 0.75
    assert share_covered({}, {"rare"}) == 1.0
