"""Words, stems and pairs."""

import pytest

from lectern.tutor.retrieval.words import content_stems, distinct_stems, distinct_words, holds, stem, words


def test_words_are_lower_case_without_punctuation() -> None:
    assert list(words("What's the Gram-negative CELL? (50%)")) == [
        *("what", "s", "the", "gram", "negative", "cell", "50")
    ]


def test_marks_stay_in_their_word() -> None:
    assert list(words("जीवाणु क्या")) == ["जीवाणु", "क्या"]


def test_unspaced_runs_give_pairs_between_other_words() -> None:
    assert list(words("Python列表是x水")) == ["python", "列表", "表是", "x", "水"]


def test_half_a_surrogate_pair_is_no_word() -> None:
    assert list(words("a \ud83d b")) == ["a", "b"]


@pytest.mark.parametrize(
    ("forms", "root"),
    [
        (("stain", "stains", "staining", "stained"), "stain"),
        (("bacterium",), "bacterium"),
        (("list", "lists", "listing"), "list"),
        (("is",), "is"),
        (("dictionary", "dictionaries"), "dictionar"),
    ],
)
def test_forms_of_a_word_share_a_stem(forms: tuple[str, ...], root: str) -> None:
    assert {stem(form) for form in forms} == {root}


def test_content_stems_leave_out_how_a_question_asks() -> None:
    assert content_stems("Explain the difference between lists and a list, please") == [
        "between",
        "list",
        "and",
    ]


@pytest.mark.parametrize(
    "text", ["Koch’s rod – “B. coli” › é", "¡" + "".join(map(chr, range(0x2010, 0x2040))) + "wall"]
)
def test_signs_beyond_ascii_part_words_however_many_there_are(text: str) -> None:
    parted = "".join(char if char.isalnum() else " " for char in text).lower()
    assert list(words(text)) == parted.split()


def test_a_passage_holds_whole_words_and_their_stems_alone() -> None:
    text = "Stained cells; cells, stained."
    assert distinct_words(text).split() == ["stained", "cells"]
    assert [holds(distinct_words(text), word) for word in ("cells", "cell")] == [True, False]
    assert [holds(distinct_stems(text), word) for word in ("cell", "ell")] == [True, False]
    assert not holds(distinct_words(""), "cell")
