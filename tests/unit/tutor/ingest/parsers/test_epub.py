import io
import zipfile

import pytest

from lectern.tutor.domain.document import BlockForm
from lectern.tutor.errors import UnreadableFile
from lectern.tutor.ingest.cutting import cut
from lectern.tutor.ingest.parsers import epub as parser
from lectern.tutor.ingest.parsers.epub import parse
from tests.written_files import archive, epub


def test_chapters_come_in_reading_order_under_their_headings() -> None:
    document = parse(
        epub(
            {
                "z.xhtml": '<h1 id="a">Cells</h1><p>One.</p>',
                "a.xhtml": "<h1>Walls</h1><h2>Of plants</h2><p>Two.</p>",
            }
        ),
        "x.epub",
    )
    assert (document.title, document.language) == ("A Book", "en")
    assert [(p.text, p.heading_path, p.anchor, p.page) for p in cut(document, "x.epub")] == [
        ("One.", ("Cells",), "a", None),
        ("Two.", ("Walls", "Of plants"), "", None),
    ]


def test_what_is_around_the_text_is_left_out() -> None:
    chapters = {
        "cover.xhtml": '<section epub:type="cover"><p>Cover</p></section>',
        "nav.xhtml": "<ol><li>Cells</li></ol>",
        "one.xhtml": "<p>Text.</p><figure><figcaption>A cell</figcaption></figure>",
    }
    assert [block.text for block in parse(epub(chapters), "x.epub").blocks] == ["Text."]


@pytest.mark.parametrize(
    ("markup", "texts"),
    [
        pytest.param("<p>One<a id='x'/> two&nbsp;&eacute;</p><script src='x'/><p>three</p>", ["One two é", "three"], id="xml"),
        pytest.param("<p>not closed<p>next", ["not closed", "next"], id="broken-xml"),
        pytest.param("<table><tr><td>a</td><td>b</td></tr></table><pre>x = 1\n  y</pre>", ["a | b", "```\nx = 1\n  y\n```"], id="forms"),
    ],
)  # fmt: skip
def test_chapters_are_read_as_xml_or_as_browsers_do(markup: str, texts: list[str]) -> None:
    assert [block.text for block in parse(epub({"a.xhtml": markup}), "x.epub").blocks] == texts


def test_a_chapter_that_declares_itself_twice_is_read_as_browsers_do() -> None:
    declared = '<?xml version="1.0" encoding="UTF-8"?>'
    chapter = f"{declared}{declared}<html><body><p>Text.</p></body></html>"
    assert [block.text for block in parse(epub({"a.xhtml": chapter}), "x.epub").blocks] == ["Text."]


def test_tables_and_code_keep_their_form() -> None:
    blocks = parse(epub({"a.xhtml": "<pre>x</pre><table><tr><td>a</td></tr></table>"}), "x.epub").blocks
    assert [block.form for block in blocks] == [BlockForm.CODE, BlockForm.TABLE]


def test_the_number_of_chapters_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parser, "MOST_PIECES", 1)
    with pytest.raises(UnreadableFile, match=r"x\.epub has 2 chapters; 1 is the most"):
        parse(epub({"a.xhtml": "<p>a</p>", "b.xhtml": "<p>b</p>"}), "x.epub")


@pytest.mark.parametrize(
    ("address", "file"),
    [
        pytest.param("Chapter%201.xhtml", "Chapter 1.xhtml", id="blank"),
        pytest.param("%C3%9Cbung.xhtml", "Übung.xhtml", id="letter"),
        pytest.param("100%25.xhtml", "100%25.xhtml", id="kept as it is written"),
    ],
)
def test_chapters_are_found_by_their_addresses(address: str, file: str) -> None:
    with zipfile.ZipFile(io.BytesIO(epub({"a.xhtml": "<p>One.</p>", file: "<p>Two.</p>"}))) as book:
        files = {name: book.read(name) for name in book.namelist()}
    list_of_files = files["OEBPS/content.opf"].replace(
        f'href="{file}"'.encode(), f'href="{address}"'.encode()
    )
    data = archive({**files, "OEBPS/content.opf": list_of_files})
    assert [block.text for block in parse(data, "x.epub").blocks] == ["One.", "Two."]
