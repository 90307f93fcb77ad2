import pytest

from lectern.tutor.domain.document import BlockForm
from lectern.tutor.domain.passage import PassageKind
from lectern.tutor.errors import UnreadableFile
from lectern.tutor.ingest.parsers.markdown import parse


def _texts(source: str) -> list[str]:
    return [block.text for block in parse(source.encode(), "x.md").blocks]


def test_the_first_heading_is_the_title_and_later_ones_are_the_path() -> None:
    document = parse(
        b"# Loops\n\nIntro.\n\n## While\n\n### Endless `while`\n\nText.\n\n## For\n\nMore.\n", "a.md"
    )
    assert document.title == "Loops"
    assert [block.heading_path for block in document.blocks] == [(), ("While", "Endless `while`"), ("For",)]
    assert [block.anchor for block in document.blocks] == ["", "endless-while", "for"]


def test_several_headings_of_the_first_level_are_sections_under_the_files_name() -> None:
    document = parse(b"# Black tea\n\nHot.\n\n## Milk\n\nWhite.\n\n# Green tea\n\nFresh.\n", "01-teas.md")
    assert document.title == "Teas"
    assert [block.heading_path for block in document.blocks] == [
        ("Black tea",),
        ("Black tea", "Milk"),
        ("Green tea",),
    ]
    assert [block.anchor for block in document.blocks] == ["black-tea", "milk", "green-tea"]


def test_repeated_headings_get_numbered_anchors_and_own_ones_stand() -> None:
    blocks = parse(b"## A, b!\n\none\n\n## A b\n\ntwo\n\n## C {#mine}\n\nthree", "x.md").blocks
    assert [block.anchor for block in blocks] == ["a-b", "a-b-1", "mine"]
    assert blocks[2].heading_path == ("C",)


def test_without_a_heading_front_matter_or_the_file_name_gives_the_title() -> None:
    assert parse(b"---\ntitle: 'My day'\nlang: de\n---\nText.", "x.md").title == "My day"
    assert parse(b"---\nlang: de\n---\nText.", "x.md").language == "de"
    assert parse(b"Text.", "week/03-for_loops.md").title == "For loops"


def test_words_stay_and_markup_goes() -> None:
    source = "A **bold** _word_, [a link](http://x.y) ![pic](p.png), `code_x`, H<sub>2</sub>O, x<sup>2</sup> &amp; \\* \\[x\\]."
    assert _texts(source) == ["A bold word, a link , `code_x`, H2O, x^2 & * [x]."]


def test_code_keeps_its_lines_and_is_never_joined_with_prose() -> None:
    blocks = parse(b"Do:\n\n```python title=x\nif a:\n    b()\n```\n\nThen.", "x.md").blocks
    assert [block.form for block in blocks] == [BlockForm.PROSE, BlockForm.CODE, BlockForm.PROSE]
    assert blocks[1].text == "```python\nif a:\n    b()\n```"


def test_code_that_holds_a_fence_gets_a_longer_one() -> None:
    assert _texts("~~~\n```\nx\n```\n~~~") == ["````\n```\nx\n```\n````"]


def test_a_fence_that_nothing_closes_is_code_to_the_end() -> None:
    assert _texts("```\nx = 1\n") == ["```\nx = 1\n```"]


def test_a_list_keeps_its_items_apart_also_nested_and_quoted() -> None:
    assert _texts("- one\n  - in\n\n    more\n- two\n\n1. a\n2. b") == [
        "- one\n  - in\n    more\n- two",
        "1. a\n2. b",
    ]
    assert _texts("> - a\n>   - b\n>\n> said") == ["- a\n  - b", "said"]


def test_code_inside_an_item_is_a_block() -> None:
    assert _texts("1. Do\n\n   ```\n   x\n   ```\n\n2. Go") == ["1. Do", "```\nx\n```", "2. Go"]


def test_a_table_has_a_line_for_each_row() -> None:
    assert _texts("| a | b |\n|---|---|\n| `x` | **y** |") == ["a | b\n`x` | y"]


@pytest.mark.parametrize(
    ("source", "kinds"),
    [
        pytest.param("# L\n\nx\n\n## Exercises\n\ny\n\n### Solution\n\nz\n\n## Next\n\nw", "body exercise solution body", id="under"),
        pytest.param("# Exercises\n\nx", "exercise", id="title"),
        pytest.param("# L\n\n## Exercises\n\n### Summary\n\nx", "exercise", id="summary-of-tasks"),
        pytest.param("# L\n\n## Solutions\n\n### Exercise 1\n\nx", "solution", id="answers-by-task"),
        pytest.param("# L\n\nx\n\n<details>\n<summary>Show solution</summary>\n\ny\n\n</details>\n\nz", "body solution body", id="folded"),
        pytest.param("# L\n\n## Solutions of acids\n\nx", "body", id="chemistry"),
    ],
)  # fmt: skip
def test_tasks_and_answers_are_told_by_their_headings(source: str, kinds: str) -> None:
    assert [block.kind for block in parse(source.encode(), "x.md").blocks] == [
        PassageKind(kind) for kind in kinds.split()
    ]


def test_html_gives_its_words_and_comments_nothing() -> None:
    assert _texts(
        "<!-- secret -->\n\n<div class='note'><p>Read <b>this</b>.</p></div>\n\n<script>x()</script>\n\nText."
    ) == [
        "Read this.",
        "Text.",
    ]


@pytest.mark.parametrize(
    "data",
    [
        pytest.param("﻿# Hé\r\n\r\nÜber.\r\n".encode(), id="utf-8-mark"),
        pytest.param("# Hé\r\n\r\nÜber.\r\n".encode("utf-16"), id="utf-16-mark"),
        pytest.param("# Hé\r\rÜber.\r".encode(), id="old-line-ends"),
        pytest.param("# Hé\n\nÜber.\n".encode("cp1252"), id="cp1252"),
    ],
)
def test_encodings_and_line_ends_make_no_difference(data: bytes) -> None:
    document = parse(data, "x.md")
    assert (document.title, document.blocks[0].text) == ("Hé", "Über.")


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        pytest.param(b"", "empty", id="empty"),
        pytest.param(b" \n\t", "empty", id="blank"),
        pytest.param(b"\xef\xbb\xbf", "empty", id="mark-only"),
        pytest.param(b"# T\n\n## U\n", "no text in it", id="only-headings"),
        pytest.param(b"a\0b", "is no text", id="binary"),
        pytest.param(b"\x01\x02\x03\xff\xfe\x80 abc", "is no text", id="control"),
        pytest.param(b"%PDF-1.4\n%\xe2\xe3", "is a PDF", id="pdf"),
        pytest.param(b"PK\x03\x04abc", "is a ZIP", id="zip"),
        pytest.param(b">" * 10_000 + b" x", "no text in it", id="bottomless-quote"),
    ],
)
def test_what_cannot_be_read_is_told_in_a_sentence(data: bytes, reason: str) -> None:
    with pytest.raises(UnreadableFile, match=reason) as caught:
        parse(data, "week1/a.md")
    assert "week1/a.md" in str(caught.value)
    assert caught.value.hint


def test_scripts_of_all_directions_come_through() -> None:
    assert _texts("مرحبا بالعالم 🎉👩‍💻 שלום") == ["مرحبا بالعالم 🎉👩‍💻 שלום"]


def test_what_is_set_in_bold_is_a_term_of_its_block_and_a_bold_paragraph_is_none() -> None:
    source = "A **black tea** is *hot*, see `**x**`.\n\n**All of it is bold.**\n\n- **Pot**: holds it\n- a __lid__\n"
    blocks = parse(source.encode(), "x.md").blocks
    assert [block.terms for block in blocks] == [("black tea",), (), ("Pot", "lid")]
