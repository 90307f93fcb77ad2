import pytest

from lectern.tutor.concepts.naming import folded, key_of, other_numbers, tidied


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("For Loops", "for-loop"),
        ("dictionaries", "Dictionary"),
        ("classes", "class"),
        ("viruses", "virus"),
        ("B cells", "B-cell"),
        ("IDEs", "IDE"),
        ("algae", "alga"),
        ("Größen", "größen"),
        ("cell’s", "cell"),
        ("ﬁle", "file"),
    ],
)
def test_names_that_differ_in_case_hyphen_or_number_are_one(one: str, other: str) -> None:
    assert key_of(one) == key_of(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("organ", "organism"),
        ("IT", "it"),
        ("F+ cell", "F− cell"),
        ("C", "C++"),
        ("input", "input()"),
        ("base", "basis"),
        ("=", "=="),
        ("lactose", "lactase"),
    ],
)
def test_names_of_different_things_stay_apart(one: str, other: str) -> None:
    assert key_of(one) != key_of(other)
    assert key_of(other) not in other_numbers(key_of(one))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("bacteria", "bacterium"),
        ("fungi", "fungus"),
        ("hypothesis", "hypotheses"),
        ("mitochondria", "mitochondrion"),
    ],
)
def test_learned_plurals_are_the_other_number(one: str, other: str) -> None:
    assert key_of(other) in other_numbers(key_of(one))
    assert key_of(one) in other_numbers(key_of(other))


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("**Variable**:", "Variable"),
        ("3.2 Loops", "Loops"),
        ("`print()`", "print()"),
        ("“cell wall”,", "cell wall"),
        ("phosphate [Pi]", "phosphate"),
        ("//", "//"),
        ("__init__", "__init__"),
        ("種類", "種類"),
        ("12", ""),
        ("…", "…"),
        ("", ""),
        ("This is a whole sentence that somebody has set in bold", ""),
        ("x" * 200, ""),
    ],
)
def test_a_name_is_taken_out_of_what_is_around_it(written: str, name: str) -> None:
    assert tidied(written) == name


def test_names_are_looked_up_without_case_and_hyphens() -> None:
    assert folded("For-Loop  basics") == folded("for loop Basics")
    assert folded("-=") == "-="
