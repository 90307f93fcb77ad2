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
        ("nested non-nested", "en"),
        ("O que é uma lista?", "pt"),
        ("Che cos'è una lista?", "it"),
        ("Qual è la differenza tra lista e tupla?", "it"),
        ("spiegami le funzioni", "it"),
        ("Come leggo un file?", "it"),
        ("Non capisco le tuple", "it"),
        ("Pour quoi sont les boucles ?", "fr"),
        ("Où se trouve la boucle ?", "fr"),
        ("Donde esta el error?", "es"),
        ("Para que serve a função?", "pt"),
        ("Wozu dient der Kern?", "de"),
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
