"""What the search by meaning has its embeddings begin with."""

import pytest

from lectern.tutor.retrieval.vectors import expect_search
from tests.tutor_house import WordEmbeddings


class ForesightedEmbeddings(WordEmbeddings):
    def __init__(self) -> None:
        self.expected: list[str] = []

    def expect(self, text: str) -> None:
        self.expected.append(text)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        pytest.param("what is an operator?", ["what is an operator?"], id="a question"),
        pytest.param("ما هو العامل؟", [], id="a language that the model cannot read"),
    ],
)
def test_embeddings_are_told_what_will_be_searched_by_meaning(query: str, expected: list[str]) -> None:
    embeddings = ForesightedEmbeddings()
    expect_search(query, embeddings)
    assert embeddings.expected == expected


def test_other_embeddings_are_left_alone() -> None:
    expect_search("what is an operator?", WordEmbeddings())
