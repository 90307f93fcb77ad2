import pytest

from lectern.tutor.concepts.abbreviating import abbreviations, split_name


@pytest.mark.parametrize(
    ("text", "pairs"),
    [
        ("An operating system (OS) runs programs.", [("operating system", "OS")]),
        ("The polymerase chain reaction (PCR) copies DNA.", [("polymerase chain reaction", "PCR")]),
        ("The REPL (read-eval-print loop) waits.", [("read-eval-print loop", "REPL")]),
        ("Water (H2O is meant) and salt (see below) mix (not hot).", []),
        ("The Food Agency (XYZ) says so.", []),
        ("(OS) begins", []),
    ],
)
def test_an_abbreviation_is_one_whose_letters_stand_in_the_words_before_it(
    text: str, pairs: list[tuple[str, str]]
) -> None:
    assert list(abbreviations(text)) == pairs


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("operating system (OS)", ("operating system", "OS")),
        ("RNA interference (RNAi)", ("RNA interference", "RNAi")),
        ("REPL (Read-Eval-Print Loop)", ("Read-Eval-Print Loop", "REPL")),
        ("print()", ("print()", "")),
        ("pyrosequencing (old)", ("pyrosequencing", "")),
    ],
)
def test_a_name_that_carries_its_abbreviation_is_two(name: str, parts: tuple[str, str]) -> None:
    assert split_name(name) == parts


def test_a_long_text_of_brackets_costs_no_time() -> None:
    assert list(abbreviations("a (B) " * 20_000)) == []
