import pytest

from lectern.tutor.concepts.defining import defines, entries, subject_of


@pytest.mark.parametrize(
    ("sentence", "name", "alone"),
    [
        ("A variable is a name for a value.", "variable", True),
        ("Recursion means that a function calls itself.", "Recursion", True),
        ("An IDE, or integrated development environment, is a larger editor.", "IDE", True),
        ("Eine Schleife ist eine Anweisung.", "Schleife", True),
        ("Une boucle est une instruction.", "boucle", True),
        ("The REPL is an interactive prompt.", "REPL", False),
    ],
)
def test_a_sentence_that_says_what_something_is_defines_it(sentence: str, name: str, alone: bool) -> None:
    assert subject_of(sentence) == (name, alone)


@pytest.mark.parametrize(
    "sentence",
    [
        "This is a test.",
        "It is the first one.",
        "Cells divide.",
        "What is a cell?",
        "Your code is a mess.",
        "",
    ],
)
def test_other_sentences_define_nothing(sentence: str) -> None:
    assert subject_of(sentence) is None


@pytest.mark.parametrize(
    ("sentence", "name", "told"),
    [
        ("1. A variable refers to a value.", "variable", True),
        ("Such a place is called a variable and has a name.", "variable", True),
        ("Each variable is written in small letters.", "variable", False),
        ("A variable (also: name) is a thing.", "variable", True),
        ("We print the variable.", "variable", False),
    ],
)
def test_a_definition_of_a_known_name_is_seen(sentence: str, name: str, told: bool) -> None:
    start = sentence.index(name)
    assert defines(sentence, start, start + len(name)) is told


def test_lines_of_a_glossary_are_terms_with_meanings() -> None:
    text = "- Loop: a statement that repeats others\nList – values in an order that is kept\nNo entry here\nx: short"
    assert list(entries(text)) == [
        ("Loop", "a statement that repeats others"),
        ("List", "values in an order that is kept"),
    ]
