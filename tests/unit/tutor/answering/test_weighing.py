import numpy as np
import pytest

from lectern.tutor.answering.quoting import Quote
from lectern.tutor.answering.weighing import asks_definition, defines, weigh


def quote(text: str, *, rank: int = 0, ordinal: int = 1) -> Quote:
    return Quote(
        rank=rank, document="d", start=0, end=len(text), text=text, ordinal=ordinal, code=False, leans=False
    )


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("what is a loop", True),
        ("whats a loop", True),
        ("what does iteration mean", True),
        ("how does a loop work", False),
        ("what is the difference between a list and a tuple", False),
    ],
)
def test_definitions_are_asked_for_in_few_ways(question: str, expected: bool) -> None:
    assert asks_definition(question) is expected


@pytest.mark.parametrize(
    ("sentence", "share"),
    [
        ("A loop is a block that repeats.", 1.0),
        ("A block that repeats is called a loop.", 1.0),
        ("Loops are used everywhere.", 0.5),
        ("A nested loop is a loop inside a loop.", 0.5),
        ("You can stop with break.", 0.0),
        ("The size of the step in the middle is a number.", 0.0),
    ],
)
def test_a_definition_says_what_the_subject_is(sentence: str, share: float) -> None:
    assert defines(sentence, "what is a loop?") == share


def test_the_definition_outweighs_a_sentence_of_like_meaning() -> None:
    sentences = [quote("Use a loop to save work."), quote("A loop is a block that repeats.")]
    first, second = weigh("what is a loop", sentences, np.array([0.6, 0.6], np.float32), [1.0])
    assert second > first


def test_words_alone_decide_without_the_model() -> None:
    sentences = [quote("Tea is drunk at four."), quote("The Zorblax operator returns seven.")]
    first, second = weigh("What does Zorblax return?", sentences, None, [1.0])
    assert second > first


def test_signs_count_as_words_when_they_are_asked_for() -> None:
    sentences = [
        quote("Use the keyword or for this."),
        quote("A single `=` assigns, a double `==` compares."),
    ]
    first, second = weigh("= or == ?", sentences, None, [1.0])
    assert second > first


def test_the_better_passage_and_its_opening_weigh_more() -> None:
    sentences = [quote("It runs.", rank=0, ordinal=0), quote("It runs.", rank=0), quote("It runs.", rank=1)]
    opening, inside, other = weigh("runs", sentences, None, [1.0, 0.5])
    assert opening > inside > other
