import pytest

from lectern.tutor.answering.recognising import language_of


@pytest.mark.parametrize(
    ("question", "language"),
    [
        ("How does a loop work?", "en"),
        ("Was ist eine Schleife und wie funktioniert sie?", "de"),
        ("Qu'est-ce que c'est qu'une boucle ?", "fr"),
        ("¿Qué es un bucle?", "es"),
        ("print two things on one line", "en"),
        ("O que é uma lista?", "pt"),
        ("Che cos'è una lista?", "it"),
        ("Wat is een lijst?", "nl"),
        ("Что такое цикл?", "ru"),
        ("ما هي القائمة؟", "ar"),
        ("リストとは何ですか？", "ja"),
        ("什么是列表？", "zh"),
        ("what does はい mean in Japanese", "en"),
        ("", "en"),
    ],
)
def test_a_question_is_known_by_its_script_or_its_little_words(question: str, language: str) -> None:
    assert language_of(question) == language
