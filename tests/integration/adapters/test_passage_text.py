"""How text and questions are prepared for search by words."""

import pytest

from lectern.adapters.passage_text import MAX_TERMS, body_text, query_terms, symbol_text


def terms(query: str) -> list[str]:
    return [term.token for term in query_terms(query)]


def test_text_in_spaced_scripts_stays_as_it_is() -> None:
    assert body_text("Größe, naïve: don't!") == "Größe, naïve: don't!"


def test_unspaced_scripts_are_cut_into_pairs_and_the_last_character() -> None:
    assert body_text("a 光合作用 b").split() == ["a", "光合", "合作", "作用", "用", "b"]


def test_nul_becomes_a_blank() -> None:
    assert body_text("a\0b") == "a b"


def test_each_term_stands_once_and_stop_words_are_left_out() -> None:
    assert terms("What is the cell, and what is a Cell wall?") == ["cell", "and", "wall"]


def test_a_question_of_stop_words_alone_keeps_them() -> None:
    assert terms("what is this?") == ["what", "is", "this"]


def test_words_of_python_are_no_stop_words() -> None:
    assert terms("how does a for loop work") == ["for", "loop", "work"]


def test_terms_are_bounded() -> None:
    assert len(query_terms(" ".join(f"word{number}" for number in range(1000)))) == MAX_TERMS


def test_a_lone_unspaced_character_is_looked_up_as_a_beginning() -> None:
    assert [term.is_beginning for term in query_terms("水")] == [True]
    assert not any(term.is_beginning for term in query_terms("光合 x"))


def test_operators_calls_and_dunders_become_tokens() -> None:
    assert symbol_text("if x == len(y): __init__").split() == ["dunderinit0", "calllen0", "sym61x61", "sym58"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        pytest.param("gram-negative input/output 50%", [], id="inside-words"),
        pytest.param("what does % do", ["sym37"], id="alone"),
        pytest.param("a==b", ["sym61x61"], id="two-characters"),
        pytest.param("`*`", ["sym42"], id="in-quotes"),
    ],
)
def test_a_question_asks_for_single_operators_only_where_they_stand_alone(
    query: str, expected: list[str]
) -> None:
    assert [term for term in terms(query) if term.startswith("sym")] == expected


def test_nothing_to_search_for_gives_no_terms() -> None:
    assert query_terms("?! … “”") == []
