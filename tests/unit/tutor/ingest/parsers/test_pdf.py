from collections.abc import Callable

import pytest

from lectern.tutor.domain.document import Block, BlockForm
from lectern.tutor.errors import UnreadableFile
from lectern.tutor.ingest.cutting import cut
from lectern.tutor.ingest.parsers import pdf as parser
from lectern.tutor.ingest.parsers.pdf import parse
from tests.written_files import (
    BOLD,
    FIXED,
    Page,
    Picture,
    Printed,
    lines,
    pdf,
    pdf_of_objects,
    pdf_that_forbids_copying,
)


def _blocks(*pages: Page) -> tuple[Block, ...]:
    return parse(pdf(*pages), "x.pdf").blocks


def _texts(*pages: Page) -> list[tuple[int | None, str]]:
    return [(block.page, block.text) for block in _blocks(*pages)]


def test_passages_know_their_page_and_the_headings_above_by_size() -> None:
    document = parse(
        pdf(
            [
                Printed("Cells", 720, size=22),
                Printed("What is a cell?", 690, size=15),
                *lines(["A cell is the basic unit of life."], top=660),
            ],
            [
                Printed("Walls", 720, size=15),
                *lines(["A wall gives the cell its form.", "Animals have none."], top=690),
            ],
        ),
        "cells.pdf",
    )
    assert document.title == "Cells"
    assert [(p.page, p.heading_path, p.text) for p in cut(document, "cells.pdf")] == [
        (1, ("What is a cell?",), "A cell is the basic unit of life."),
        (2, ("Walls",), "A wall gives the cell its form. Animals have none."),
    ]


def test_bold_lines_of_the_texts_own_size_are_headings_below_the_larger_ones() -> None:
    page = [
        Printed("Cells", 720, size=18),
        Printed("Walls", 690, font=BOLD),
        *lines(["A wall gives the cell its form."], top=670),
    ]
    (block,) = _blocks(page)
    assert block.heading_path == ("Walls",)


def test_words_broken_at_line_ends_are_whole_and_hyphens_that_belong_stay() -> None:
    page = [
        *lines(["Every organ-", "ism is made of cells, as a well-", "known book says."], top=700),
        *lines(["Such a well-known book."], top=600),
    ]
    assert _texts(page)[0] == (1, "Every organism is made of cells, as a well-known book says.")


@pytest.mark.parametrize("count", [3, 9], ids=["few-pages", "many-pages"])
def test_what_runs_along_the_edges_of_the_pages_is_left_out(count: int) -> None:
    pages = [
        [
            Printed(f"Biology 101, week {1 + number // 4}", 770, size=9),
            *lines([f"On day {number} something else is told.", "It fills lines."], top=700),
            *lines([f"The middle of page {number}."], top=500),
            *lines([f"The last words of page {number * 7} stay."], top=300),
            Printed(f"Page {number} of {count}", 30, x=280, size=9),
        ]
        for number in range(1, count + 1)
    ]
    text = "\n".join(block.text for block in _blocks(*pages))
    assert "Biology 101" not in text
    assert "Page " not in text
    assert text.count("something else") == text.count("last words") == count


def test_a_running_line_with_the_pages_number_is_known_though_its_chapter_is_short() -> None:
    pages = [
        [
            Printed(f"{name}  {number + 10}", 770),
            *lines([f"Text about {name} comes here.", f"And more of {name}."], top=700),
            *lines(["So it ends."], top=400 + number * 20),
        ]
        for number, name in enumerate(["Cells", "Cells", "Walls", "Roots"], 1)
    ]
    text = "\n".join(block.text for block in _blocks(*pages))
    assert not any(str(number) in text for number in range(11, 15))


def test_titles_of_slides_are_headings_though_slide_after_slide_has_the_same() -> None:
    pages = [
        [Printed("Loops", 720, size=24), *lines([f"Point {word} is made here."], top=600)]
        for word in ("one", "two", "three", "four")
    ]
    assert _texts(*pages) == [
        (n, f"Point {w} is made here.") for n, w in enumerate(("one", "two", "three", "four"), 1)
    ]


def test_captions_are_left_out_and_sentences_about_figures_stay() -> None:
    page = [
        *lines(["Figure 2 shows a cell and its wall."], top=700),
        Printed("Figure 2: A cell seen from above.", 600, size=9),
        *lines(["The text goes on after it."], top=500),
    ]
    assert [text for _page, text in _texts(page)] == [
        "Figure 2 shows a cell and its wall.",
        "The text goes on after it.",
    ]


def test_code_keeps_its_lines_and_indentation_and_is_not_torn() -> None:
    code = [
        "def total(items):",
        "    result = 0",
        "    for item in items:",
        "        result += item",
        "    return result",
    ]
    page = [
        *lines(["It is done so:"], top=700),
        *[
            Printed(
                line.lstrip(), 680 - 12 * n, x=72 + 6 * (len(line) - len(line.lstrip())), size=10, font=FIXED
            )
            for n, line in enumerate(code)
        ],
    ]
    (passage,) = cut(parse(pdf(page), "x.pdf"), "x.pdf")
    assert passage.text == "It is done so:\n\n```\n" + "\n".join(code) + "\n```"


def test_rows_of_a_table_are_lines_with_their_cells() -> None:
    page: list[Printed | Picture] = [*lines(["Ages of people are these, as counted in May."], top=740)]
    for number, row in enumerate([("Name", "Age"), ("Ann", "30"), ("Bob", "41")]):
        page += [Printed(row[0], 700 - 14 * number), Printed(row[1], 700 - 14 * number, x=250)]
    table = _blocks(page)[1]
    assert (table.form, table.text) == (BlockForm.TABLE, "Name | Age\nAnn | 30\nBob | 41")


def test_items_stay_apart_and_their_second_lines_belong_to_them() -> None:
    page = lines(["\x95 The first one goes", "  over two lines.", "\x95 The second one."], top=700)
    page = [Printed(line.text.replace("\x95", "•"), line.y) for line in page]
    (block,) = _blocks(page)
    assert (block.form, block.text) == (
        BlockForm.ITEM,
        "- The first one goes over two lines.\n- The second one.",
    )


def test_a_sentence_that_goes_over_the_page_belongs_to_the_page_on_which_it_begins() -> None:
    first = lines(["All is said here. A sentence that begins on this page"], top=700)
    second = lines(["ends on the next one. And here is another."], top=700)
    assert _texts(first, second) == [
        (1, "All is said here. A sentence that begins on this page ends on the next one."),
        (2, "And here is another."),
    ]


def test_scanned_pages_are_named_and_blank_ones_are_not() -> None:
    text = lines(["Text of the page."])
    document = parse(pdf(text, [Picture()], [], [Picture()], [Picture()], text), "notes.pdf")
    assert [block.page for block in document.blocks] == [1, 6]
    assert document.left_out == (
        "notes.pdf: pages 2, 4-5 are pictures without text (scanned?) and cannot be searched; the rest is read. "
        "Run text recognition (OCR) over it if there is text to see.",
    )


def test_the_title_is_what_the_file_says_only_if_a_person_wrote_it() -> None:
    page = lines(["Just text."])
    assert parse(pdf(page, title="Cells and Life"), "week-1.pdf").title == "Cells and Life"
    assert parse(pdf(page, title="Microsoft Word - draft3.docx"), "week-1.pdf").title == "Week 1"


def test_a_file_that_only_forbids_copying_is_read() -> None:
    document = parse(pdf_that_forbids_copying("Text of a page."), "x.pdf")
    assert [(block.page, block.text) for block in document.blocks] == [(1, "Text of a page.")]


def test_the_number_of_pages_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parser, "MOST_PAGES", 2)
    with pytest.raises(UnreadableFile, match=r"x\.pdf has 3 pages; 2 is the most. Split it into chapters."):
        _blocks(*[lines(["Text."])] * 3)


@pytest.mark.parametrize(
    ("code", "text"),
    [
        pytest.param("D835DC65", "Let \U0001d465 be known.", id="a letter of a formula"),
        pytest.param("D835", "Let \ufffd be known.", id="half of one"),
    ],
)
def test_a_letter_of_two_halves_is_one_and_hinders_no_page(code: str, text: str) -> None:
    content = "BT /F1 11 Tf 72 700 Td (Let X be known.) Tj ET"
    letters = {ord(letter): f"{ord(letter):04X}" for letter in "Letbknow. "} | {ord("X"): code}
    table = "".join(f"<{key:02X}> <{value}>" for key, value in letters.items())
    table = (
        "begincmap 1 begincodespacerange <00> <FF> endcodespacerange "
        f"{len(letters)} beginbfchar {table} endbfchar endcmap"
    )
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Count 1 /Kids [3 0 R] >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
        f"<< /Length {len(content)} >>\nstream\n{content}\nendstream",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /ToUnicode 6 0 R >>",
        f"<< /Length {len(table)} >>\nstream\n{table}\nendstream",
    ]
    assert [passage.text for passage in cut(parse(pdf_of_objects(objects), "x.pdf"), "x.pdf")] == [text]


def test_a_title_that_is_broken_hinders_no_page() -> None:
    data = pdf(lines(["Text."]), title="x").replace(b"/Title (x)", b"/Title <FEFFD8350041>")
    document = parse(data, "loops.pdf")
    assert (document.title, [block.text for block in document.blocks]) == ("Loops", ["Text."])


@pytest.mark.parametrize(
    ("matrix", "place"),
    [
        pytest.param("0 1 -1 0", lambda number: (100 + 14 * number, 72), id="up"),
        pytest.param("-1 0 0 -1", lambda number: (540, 100 + 14 * number), id="upside-down"),
    ],
)
def test_lines_that_are_turned_are_lines(matrix: str, place: Callable[[int], tuple[int, int]]) -> None:
    words = [
        "A loop repeats a block of code while",
        "a condition holds. The condition is",
        "looked at before each pass through it.",
    ]
    written = pdf([Printed(word, 0, x=-number - 1) for number, word in enumerate(words)])
    for number in range(len(words)):
        x, y = place(number)
        # Streams are found by their end, so that another length does no harm.
        written = written.replace(f"{-number - 1} 0 Td".encode(), f"{matrix} {x} {y} Tm".encode())
    assert [block.text for block in parse(written, "x.pdf").blocks] == [" ".join(words)]
