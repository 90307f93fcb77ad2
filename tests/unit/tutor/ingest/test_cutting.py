import random
import re
import time
from itertools import pairwise

import pytest

from lectern.tutor.domain.document import Block, BlockForm, ParsedDocument
from lectern.tutor.domain.passage import Passage, PassageKind, passage_id
from lectern.tutor.ingest.cutting import cut, document_text
from lectern.tutor.ingest.parsers import html, markdown, text

SENTENCE = "The quick brown fox, see No. 5, jumps over 3.14 lazy dogs today. "


def _document(*blocks: tuple[str, BlockForm, str, tuple[str, ...]]) -> ParsedDocument:
    return ParsedDocument(
        title="T",
        blocks=tuple(
            Block(text=words, form=form, kind=PassageKind(kind), heading_path=path, anchor="")
            for words, form, kind, path in blocks
        ),
    )


def _prose(
    words: int, path: tuple[str, ...] = (), kind: str = "body"
) -> tuple[str, BlockForm, str, tuple[str, ...]]:
    return " ".join(["word"] * words) + ".", BlockForm.PROSE, kind, path


def _sizes(document: ParsedDocument) -> list[int]:
    return [len(passage.text.split()) for passage in cut(document, "k")]


def _assert_sound(document: ParsedDocument) -> list[Passage]:
    """Texts are stretches of the document, in order, apart, and hold all its words; ids differ."""
    passages, whole = cut(document, "k"), document_text(document)
    assert all(
        passage.text == whole[passage.start : passage.end] and passage.text.strip() for passage in passages
    )
    assert all(a.end <= b.start for a, b in pairwise(passages))
    assert "".join("".join(p.text.split()) for p in passages) == "".join(whole.split())
    assert len({passage.id for passage in passages}) == len(passages)
    assert [passage.ordinal for passage in passages] == list(range(len(passages)))
    return passages


def test_small_neighbours_become_one_passage() -> None:
    assert _sizes(_document(_prose(20), _prose(30), _prose(25))) == [75]


def test_a_passage_ends_where_it_has_enough() -> None:
    assert _sizes(_document(_prose(90), _prose(35), _prose(60))) == [90, 95]


def test_a_short_rest_joins_the_passage_before() -> None:
    assert _sizes(_document(_prose(90), _prose(10))) == [100]


@pytest.mark.parametrize("other", [_prose(5, ("B",)), _prose(5, ("A",), "exercise")], ids=["heading", "kind"])
def test_no_passage_goes_over_a_heading_or_a_kind(other: tuple[str, BlockForm, str, tuple[str, ...]]) -> None:
    assert _sizes(_document(_prose(5, ("A",)), other, _prose(5, ("A",)))) == [5, 5, 5]


def _paged(*blocks: tuple[str, BlockForm, int]) -> list[tuple[str, int | None]]:
    document = ParsedDocument(
        title="T",
        blocks=tuple(
            Block(text=words, form=form, kind=PassageKind.BODY, heading_path=(), anchor="", page=page)
            for words, form, page in blocks
        ),
    )
    return [(passage.text, passage.page) for passage in cut(document, "k")]


def test_a_passage_knows_its_page_and_does_not_go_over_the_end_of_it() -> None:
    passages = _paged(
        ("One.", BlockForm.PROSE, 1), ("More of it.", BlockForm.PROSE, 1), ("Two.", BlockForm.PROSE, 2)
    )
    assert passages == [("One.\n\nMore of it.", 1), ("Two.", 2)]


def test_code_on_the_next_page_stays_with_the_words_that_introduce_it_and_counts_to_their_page() -> None:
    code = "```\nx = 1\n```"
    assert _paged(("So:", BlockForm.PROSE, 1), (code, BlockForm.CODE, 2)) == [(f"So:\n\n{code}", 1)]


def test_a_long_paragraph_is_cut_between_sentences() -> None:
    passages = _assert_sound(_document((SENTENCE * 40, BlockForm.PROSE, "body", ())))
    assert all(60 <= len(p.text.split()) <= 130 for p in passages[:-1])
    assert all(p.text.startswith("The quick") and p.text.endswith("today.") for p in passages)


def test_rows_of_a_long_table_and_items_of_a_long_list_stay_whole() -> None:
    rows = [f"row {n} | {'cell ' * 10}end" for n in range(40)]
    for form in (BlockForm.TABLE, BlockForm.ITEM):
        for passage in _assert_sound(_document(("\n".join(rows), form, "body", ()))):
            assert set(passage.text.split("\n")) <= set(rows)


def test_code_stays_with_the_words_that_introduce_it() -> None:
    code = "```python\n" + "x = 1\n" * 20 + "```"
    passages = _assert_sound(
        _document(
            _prose(125), ("It is done so:", BlockForm.PROSE, "body", ()), (code, BlockForm.CODE, "body", ())
        )
    )
    assert any("It is done so:\n\n```python" in passage.text for passage in passages)


def test_a_list_takes_its_introduction_along() -> None:
    items = "\n".join(f"- {'word ' * 9}end" for _ in range(10))
    passages = cut(
        _document(
            _prose(60), ("There are ten:", BlockForm.PROSE, "body", ()), (items, BlockForm.ITEM, "body", ())
        ),
        "k",
    )
    assert passages[1].text.startswith("There are ten:\n\n- word")


def test_code_is_cut_at_line_ends_only_when_it_is_too_long_and_each_part_has_its_fences() -> None:
    code = "```python\n" + "\n".join(f"value_{n} = compute({n})" for n in range(300)) + "\n```"
    passages = _assert_sound(_document((code, BlockForm.CODE, "body", ())))
    lines = [
        line
        for passage in passages
        for line in passage.text.split("\n")
        if not line.startswith("```") and line
    ]
    assert lines == code.split("\n")[1:-1]
    assert all(p.text.startswith("```python\n") and p.text.endswith("\n```") for p in passages)


def test_the_same_text_twice_gets_two_ids_that_stay() -> None:
    document = _document(_prose(5, ("A",)), _prose(5, ("B",)))
    ids = [passage.id for passage in cut(document, "k")]
    assert ids == [passage_id("k", document.blocks[0].text, n) for n in (0, 1)]
    assert ids == [passage.id for passage in cut(document, "k")]
    assert ids != [passage.id for passage in cut(document, "other")]


@pytest.mark.parametrize(
    ("unit", "most"),
    [("这是一个关于细胞壁的句子。", 260), ("これは細胞についての文です。", 260), ("เซลล์คือหน่วยของชีวิต ", 600)],
    ids=["chinese", "japanese", "thai"],
)
def test_scripts_without_blanks_are_counted_by_characters(unit: str, most: int) -> None:
    passages = _assert_sound(_document(((unit * 200).strip(), BlockForm.PROSE, "body", ())))
    assert all(most / 3 <= len(passage.text) <= most for passage in passages[:-1])


@pytest.mark.parametrize(
    "block",
    [
        pytest.param((SENTENCE * 4_200, BlockForm.PROSE, "body", ()), id="one-paragraph"),
        pytest.param(("a" * 1_000_000, BlockForm.PROSE, "body", ()), id="one-word"),
        pytest.param(("word " * 200_000, BlockForm.ITEM, "body", ()), id="one-item"),
        pytest.param(("字" * 300_000, BlockForm.PROSE, "body", ()), id="one-chinese-sentence"),
        pytest.param(
            ("```\n" + "x" * 1_000_000 + "\n```", BlockForm.CODE, "body", ()), id="one-line-of-code"
        ),
        pytest.param(("- a\n" * 100_000, BlockForm.ITEM, "body", ()), id="items"),
    ],
)
def test_huge_blocks_are_cut_in_little_time(block: tuple[str, BlockForm, str, tuple[str, ...]]) -> None:
    began = time.process_time()  # its own work: others may take the machine
    passages = cut(_document(block), "k")
    assert time.process_time() - began < 30
    assert max(len(passage.text) for passage in passages) < 3_000


def _random_markdown(chance: random.Random) -> str:
    pieces = [
        lambda: "#" * chance.randint(1, 4) + f" Heading {chance.randint(0, 3)}",
        lambda: SENTENCE * chance.randint(1, 30),
        lambda: "\n".join(f"{'  ' * (n % 3)}- item {n} e.g. `a. B`" for n in range(chance.randint(1, 40))),
        lambda: "```py\n" + "\n\n".join(["x = 'a. B'\ny = 2"] * chance.randint(1, 150)) + "\n```",
        lambda: (
            "| a | b |\n|---|---|\n"
            + "\n".join(f"| {n} | {'c ' * 20}|" for n in range(chance.randint(1, 40)))
        ),
        lambda: "> quoted مرحبا 🎉. 这是句子。" * chance.randint(1, 9),
        lambda: "## Exercises\n\nDo it.",
    ]
    return "\n\n".join(chance.choice(pieces)() for _ in range(chance.randint(3, 25))) + chance.choice(
        ["", "\n\nEnd.", "\n\n```\nx = 1"]
    )


@pytest.mark.parametrize("seed", range(25))
def test_passages_hold_every_word_once_whatever_the_document(seed: int) -> None:
    source = _random_markdown(random.Random(seed)).encode()
    for parse in (markdown.parse, text.parse, html.parse):
        document = parse(source, "x")
        for passage in _assert_sound(document):
            assert len(re.findall(r"\w+", passage.text)) <= 400
            if parse is markdown.parse:
                assert passage.text.count("```") % 2 == 0


def test_a_passage_has_those_terms_of_its_blocks_that_stand_in_it() -> None:
    words = " ".join(f"word{number}." for number in range(150))
    source = f"The **pot** is first. {words} The **lid** is last.\n\nA **spoon** too.\n"
    passages = cut(markdown.parse(source.encode(), "x.md"), "x.md")
    assert len(passages) > 1
    assert passages[0].terms == ("pot",)
    assert passages[-1].terms == ("lid", "spoon")
    assert all(term in one.text for one in passages for term in one.terms)
