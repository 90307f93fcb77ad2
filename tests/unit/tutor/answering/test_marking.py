import pytest

from lectern.tutor.answering.marking import MARK, marked


def put(sentence: str, *words: str, loose: bool = False) -> list[tuple[str, bool]]:
    return [(text.replace(MARK, "X"), coded) for text, coded in marked(sentence, [tuple(words)], loose=loose)]


@pytest.mark.parametrize(
    ("sentence", "word", "found"),
    [
        ("Two loops run.", "loop", [("Two X run.", False)]),
        ("Use `break` now.", "break", [("Use X now.", True)]),
        ("Use `items.append(value)`.", "append", [("Use X.", True)]),
        ("An append() operation adds.", "append", [("An X operation adds.", True)]),
        ("The loop(s) end.", "loop", [("The X(s) end.", False)]),
        ("Get input by `input()`.", "input", [("Get X by input().", False), ("Get input by X.", True)]),
        ("Nothing of it.", "loop", []),
    ],
)
def test_a_term_is_marked_with_what_belongs_to_its_name(
    sentence: str, word: str, found: list[tuple[str, bool]]
) -> None:
    assert put(sentence, word) == found


def test_the_backticks_around_a_part_of_a_term_go() -> None:
    assert put("A `for` loop repeats.", "for", "loop") == [("A X repeats.", False)]


def test_endings_may_differ_where_the_language_is_not_known() -> None:
    assert put("Las células viven.", "célula", loose=True) == [("Las X viven.", False)]
