"""What counts as right, each rule on texts that are made up."""

import pytest

from evaluation.measuring.matching import (
    cites_gold,
    defines,
    first_sentence,
    holds_expected,
    is_verbatim,
    rank_of_gold,
    token_f1,
)
from evaluation.measuring.predictions import Cited, Found
from evaluation.measuring.questions import Question

CELL = "A cell wall protects the cell of a plant from bursting when water enters it."


def question(**fields: object) -> Question:
    values: dict[str, object] = {"id": "q", "question": "?", "kind": "definition", "answerable": True}
    return Question(**{**values, **fields})  # type: ignore[arg-type]


def found(document: str, text: str = "") -> Found:
    return Found(id=document + text, document=document, text=text)


def cited(quote: str, passage: str, document: str = "walls.md") -> Cited:
    return Cited(passage_id="p", document=document, quote=quote, passage_text=passage)


def test_gold_by_document_is_the_first_passage_of_that_document() -> None:
    asked = question(gold_module="walls", gold_document="walls.md")
    assert rank_of_gold(asked, [found("salt.md"), found("walls.md"), found("walls.md")]) == 2
    assert rank_of_gold(asked, [found("walls")]) == 0
    assert rank_of_gold(question(), [found("")]) == 0, "a question without a gold document has no hit"


def test_gold_by_text_decides_over_the_document_and_bears_another_cut() -> None:
    asked = question(
        gold_module="walls",
        gold_document="walls.md",
        gold_passage_text=CELL,
        answer="A cell wall protects the cell of a plant.",
    )
    half = CELL.rsplit(" when", 1)[0]
    assert (
        rank_of_gold(asked, [found("walls.md", "Salt is white and has no smell at all."), found("x", half)])
        == 2
    )
    without_answer = "of a plant from bursting when water enters it."
    assert rank_of_gold(asked, [found("walls.md", without_answer)]) == 0, "the answer is not in it"


def test_a_quote_must_stand_in_its_passage_white_space_aside() -> None:
    assert is_verbatim(cited("cell  wall\nprotects", CELL))
    assert not is_verbatim(cited("cell walls protect", CELL))
    assert not is_verbatim(cited("", CELL))
    assert not is_verbatim(cited("cell wall", "")), "a quote whose passage is unknown"


def test_an_answer_cites_gold_only_by_a_verbatim_quote() -> None:
    by_document = question(gold_module="walls", gold_document="walls.md")
    assert cites_gold(by_document, [cited("cell wall", CELL)])
    assert not cites_gold(by_document, [cited("cell wall", CELL, "salt.md"), cited("made up", CELL)])
    by_text = question(gold_passage_text=CELL)
    assert cites_gold(by_text, [cited("protects the cell of a plant", CELL)])
    assert not cites_gold(by_text, [cited("cell wall", CELL)]), "two words say nothing"


@pytest.mark.parametrize(
    ("answer", "first"),
    [
        ("A wall protects. [1] It is hard. [2]", "A wall protects."),
        ("Use e.g. bricks. [1, 2] Then build.", "Use e.g. bricks."),
        ("No end", "No end"),
        ("", ""),
    ],
    ids=["marks", "small letter goes on", "no full stop", "nothing"],
)
def test_the_first_sentence_ends_before_a_capital(answer: str, first: str) -> None:
    assert first_sentence(answer) == first


def test_token_f1_by_hand() -> None:
    # {wall, protects} and {wall, protects, the cell → cell}: 2 common; precision 1, recall 2/3.
    assert token_f1("A wall protects", "The wall protects the cell") == pytest.approx(2 * 2 / (2 + 3))
    assert token_f1("", "wall") == 0.0


def test_a_definition_may_leave_out_the_caption_that_the_gold_answer_opens_with() -> None:
    asked = question(answer="Figure 3.1\nCell wall: a hard layer around a cell")
    assert defines(asked, "A hard layer around a cell. [1] It is white. [2]")
    assert not defines(asked, "It is white. [1] A hard layer around a cell. [2]"), "it comes second"


def test_an_expected_word_may_begin_a_longer_one_from_four_letters_on() -> None:
    assert holds_expected(question(must_contain_any=("read",)), "It is Readable.")
    assert not holds_expected(question(must_contain_any=("if",)), "different, iffy")
    assert holds_expected(question(must_contain_any=("%=", "zzz")), "use x %= 2")
