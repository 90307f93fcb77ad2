"""Which questions the dense leg is asked."""

import pytest

from lectern.tutor.retrieval.languages import reads_well


@pytest.mark.parametrize(
    ("query", "readable"),
    [
        ("What is a cell?", True),
        ("¿Qué es una célula?", True),
        ("Größe", True),
        ("what does == mean", True),
        ("3 % 2", True),
        ("", True),
        ("Что такое цикл for?", False),
        ("ما هي الخلية", False),
        ("Python list 是什么", True),
        ("細胞とは何ですか", False),
    ],
)
def test_a_question_is_readable_when_half_of_its_letters_are_latin(query: str, readable: bool) -> None:
    assert reads_well(query) is readable
