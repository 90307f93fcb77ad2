import pytest

from lectern.tutor.answering.classifying import classify, is_small_talk
from lectern.tutor.domain.answer import QuestionType


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("What is a loop?", QuestionType.SIMPLE),
        ("list vs tuple", QuestionType.COMPLEX),
        ("What is the difference between a list and a tuple?", QuestionType.COMPLEX),
        ("what is a class and do i need it", QuestionType.COMPLEX),
        ("hello", QuestionType.OFF_TOPIC),
        ("thank you very much!", QuestionType.OFF_TOPIC),
        ("???", QuestionType.OFF_TOPIC),
    ],
)
def test_the_form_of_a_question_tells_its_type(question: str, expected: QuestionType) -> None:
    assert classify(question, leans=False) is expected


def test_what_leans_is_a_follow_up_whatever_its_form() -> None:
    assert classify("and versus tuples?", leans=True) is QuestionType.FOLLOW_UP


@pytest.mark.parametrize("question", ["= or == ?", "what", "name", "how is it"])
def test_short_is_not_small_talk(question: str) -> None:
    assert not is_small_talk(question)
