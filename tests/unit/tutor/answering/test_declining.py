import pytest

from lectern.tutor.answering import declining, recognising
from lectern.tutor.answering.declining import declined, invited, nearest_sections


@pytest.mark.parametrize(
    ("question", "begin"),
    [
        ("What is mitosis?", "I could not find"),
        ("Was ist die Mitose?", "Im Kurs Zellen"),
        ("Qu'est-ce que la mitose ?", "Je n'ai pas trouvé"),
        ("¿Qué es la mitosis?", "No he encontrado"),
    ],
)
def test_the_refusal_is_in_the_language_of_the_question(question: str, begin: str) -> None:
    assert declined(question, "Zellen", []).startswith(begin)


def test_every_language_that_is_recognised_has_its_sentences() -> None:
    languages = {*recognising._SETS, *recognising._SCRIPTS}
    assert set(declining._DECLINED) == set(declining._NEAREST_ARE) == set(declining._SMALL_TALK) == languages


def test_the_refusal_names_the_nearest_sections() -> None:
    assert declined("What is mitosis?", "Cells", ["Cells › Walls", "Life"]).endswith("Cells › Walls; Life.")


def test_nearest_sections_are_few_and_different() -> None:
    assert nearest_sections(["a", "b", "a", "c", "d"], confidence=0.2) == ["a", "b", "c"]


def test_a_foreign_question_has_no_nearest_section() -> None:
    assert nearest_sections(["a"], confidence=0.01) == []


def test_a_greeting_gets_an_invitation() -> None:
    assert invited("hallo", "Zellen").endswith("?")


@pytest.mark.parametrize(
    ("greeting", "begin"),
    [
        ("Who are you?", "I answer"),
        ("Wer bist du?", "Ich beantworte"),
        ("Привет!", "Я отвечаю"),
        ("你好", "我回答"),
    ],
)
def test_promise_7_an_invitation_is_in_the_language_of_the_greeting(greeting: str, begin: str) -> None:
    assert invited(greeting, "Zellen").startswith(begin)
