import io
from collections.abc import Callable

import pytest
from docx import Document
from docx.document import Document as Written
from docx.enum.style import WD_STYLE_TYPE
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from docx.shared import Pt

from lectern.tutor.domain.document import Block, BlockForm
from lectern.tutor.domain.passage import PassageKind
from lectern.tutor.ingest.cutting import cut
from lectern.tutor.ingest.parsers.docx import parse


def _bytes(write: Callable[[Written], object]) -> bytes:
    document = Document()
    write(document)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def _blocks(write: Callable[[Written], object]) -> tuple[Block, ...]:
    return parse(_bytes(write), "x.docx").blocks


def test_headings_make_the_path_and_the_title_stands_above() -> None:
    def write(document: Written) -> None:
        document.add_heading("Cells", 0)
        document.add_heading("Walls", 1)
        document.add_heading("Of plants", 2)
        document.add_paragraph("They are stiff.")
        document.add_heading("Exercises", 1)
        document.add_paragraph("Draw one.")

    document = parse(_bytes(write), "x.docx")
    assert (document.title, document.language) == ("Cells", "en")
    assert [(p.text, p.heading_path, p.kind, p.page) for p in cut(document, "x.docx")] == [
        ("They are stiff.", ("Walls", "Of plants"), PassageKind.BODY, None),
        ("Draw one.", ("Exercises",), PassageKind.EXERCISE, None),
    ]


def test_charts_smartart_and_text_boxes_are_counted_once_for_the_teacher() -> None:
    box = "<w:txbxContent><w:p><w:r><w:t>{}</w:t></w:r></w:p></w:txbxContent>"
    drawn = "".join(
        f'<w:drawing><a:graphicData uri="http://purl.oclc.org/ooxml/drawingml/{kind}"/></w:drawing>'
        for kind in ("chart", "diagram", "diagram", "picture")
    )
    compatibility = "http://schemas.openxmlformats.org/markup-compatibility/2006"
    run = (
        f'<w:r {nsdecls("w", "a")} xmlns:mc="{compatibility}">{drawn}<w:drawing>{box.format(" ")}</w:drawing>'
        f"<mc:AlternateContent><mc:Choice><w:drawing>{box.format('Note')}</w:drawing></mc:Choice>"
        f"<mc:Fallback><w:pict>{box.format('Note')}</w:pict></mc:Fallback></mc:AlternateContent></w:r>"
    )
    document = parse(
        _bytes(lambda one: one.add_paragraph("Tea is a drink.")._p.append(parse_xml(run))), "x.docx"
    )
    (told,) = document.left_out
    assert "(charts: 1, SmartArt: 2, text boxes: 1)" in told
    assert parse(_bytes(lambda one: one.add_paragraph("Tea is a drink.")), "x.docx").left_out == ()


def test_lists_are_marked_numbered_and_of_one_block() -> None:
    def write(document: Written) -> None:
        for style, words in [
            ("List Bullet", "milk"),
            ("List Bullet", "bread"),
            ("List Number", "boil"),
            ("List Number", "pour"),
        ]:
            document.add_paragraph(words, style=style)

    (block,) = _blocks(write)
    assert (block.form, block.text) == (BlockForm.ITEM, "- milk\n- bread\n1. boil\n2. pour")


def test_a_table_keeps_its_rows_and_a_frame_of_one_cell_is_none() -> None:
    def write(document: Written) -> None:
        table = document.add_table(rows=2, cols=2)
        for cell, words in zip(
            (cell for row in table.rows for cell in row.cells), ("Name", "Age", "Ann", "30"), strict=True
        ):
            cell.text = words
        document.add_table(rows=1, cols=1).rows[0].cells[0].text = "Remember this."

    assert [(block.form, block.text) for block in _blocks(write)] == [
        (BlockForm.TABLE, "Name | Age\nAnn | 30"),
        (BlockForm.PROSE, "Remember this."),
    ]


def test_code_is_known_by_its_style_or_its_letters() -> None:
    def write(document: Written) -> None:
        style = document.styles.add_style("Source Code", WD_STYLE_TYPE.PARAGRAPH)
        style.base_style = document.styles["Normal"]
        document.add_paragraph("def f():", style="Source Code")
        document.add_paragraph("    return 1", style="Source Code")
        paragraph = document.add_paragraph("Call ")
        paragraph.add_run("f()").font.name = "Courier New"
        paragraph.add_run(" now.")
        document.add_paragraph().add_run("print(f())").font.name = "Consolas"

    assert [(block.form, block.text) for block in _blocks(write)] == [
        (BlockForm.CODE, "```\ndef f():\n    return 1\n```"),
        (BlockForm.PROSE, "Call `f()` now."),
        (BlockForm.CODE, "```\nprint(f())\n```"),
    ]


def test_captions_tables_of_contents_headers_and_footers_are_left_out() -> None:
    def write(document: Written) -> None:
        document.sections[0].header.paragraphs[0].text = "Biology 101"
        document.sections[0].footer.paragraphs[0].text = "Page 1"
        document.styles.add_style("toc 1", WD_STYLE_TYPE.PARAGRAPH)
        document.add_paragraph("Walls .... 3", style="toc 1")
        document.add_paragraph("Text.")
        document.add_paragraph("Figure 1: A cell", style="Caption")

    assert [block.text for block in _blocks(write)] == ["Text."]


@pytest.mark.parametrize(
    ("inside", "text"),
    [
        pytest.param("<w:ins><w:r><w:t>new</w:t></w:r></w:ins><w:del><w:r><w:delText>old</w:delText></w:r></w:del>", "new", id="tracked-changes"),
        pytest.param('<w:r><w:t>one</w:t><w:br/><w:t>two</w:t><w:tab/><w:t>three</w:t></w:r>', "one two three", id="breaks"),
        pytest.param('<w:hyperlink><w:r><w:t>a link</w:t></w:r></w:hyperlink>', "a link", id="link"),
        pytest.param('<w:r><w:instrText>PAGE</w:instrText></w:r><w:r><w:t>seen</w:t></w:r>', "seen", id="field"),
        pytest.param('<w:r><w:rPr><w:vanish/></w:rPr><w:t>hidden</w:t></w:r><w:r><w:t>seen</w:t></w:r>', "seen", id="hidden"),
        pytest.param('<w:r><w:rPr><w:vanish w:val="0"/></w:rPr><w:t>shown</w:t></w:r>', "shown", id="hidden-by-its-style-only"),
        pytest.param('<w:sdt><w:sdtContent><w:r><w:t>controlled</w:t></w:r></w:sdtContent></w:sdt>', "controlled", id="content-control"),
    ],
)  # fmt: skip
def test_the_words_are_those_that_a_reader_sees(inside: str, text: str) -> None:
    def write(document: Written) -> None:
        document.element.body.insert(0, parse_xml(f"<w:p {nsdecls('w')}>{inside}</w:p>"))

    assert [block.text for block in _blocks(write)] == [text]


def test_a_heading_of_a_translated_style_is_known_by_its_level() -> None:
    def write(document: Written) -> None:
        style = document.styles.add_style("Kapitel", WD_STYLE_TYPE.PARAGRAPH)
        style.font.size = Pt(20)
        style.element.get_or_add_pPr().append(parse_xml(f'<w:outlineLvl {nsdecls("w")} w:val="1"/>'))
        document.add_paragraph("Wände", style="Kapitel")
        document.add_paragraph("Sie sind fest.")

    assert _blocks(write)[0].heading_path == ("Wände",)
