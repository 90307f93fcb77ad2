import io
from collections.abc import Callable

import pytest
from pptx import Presentation
from pptx.chart.data import CategoryChartData
from pptx.enum.chart import XL_CHART_TYPE
from pptx.presentation import Presentation as Written
from pptx.util import Inches

from lectern.tutor.domain.document import BlockForm
from lectern.tutor.errors import UnreadableFile
from lectern.tutor.ingest.cutting import cut
from lectern.tutor.ingest.parsers import pptx as parser
from lectern.tutor.ingest.parsers.pptx import parse

TITLE, CONTENT, TITLE_ONLY = 0, 1, 5


def _bytes(write: Callable[[Written], object]) -> bytes:
    presentation = Presentation()
    write(presentation)
    out = io.BytesIO()
    presentation.save(out)
    return out.getvalue()


def _slide(presentation: Written, title: str, *points: str, layout: int = CONTENT) -> object:
    slide = presentation.slides.add_slide(presentation.slide_layouts[layout])
    slide.shapes.title.text = title
    if points:
        frame = slide.placeholders[1].text_frame
        frame.text = points[0]
        for point in points[1:]:
            paragraph = frame.add_paragraph()
            paragraph.text, paragraph.level = point.lstrip(), len(point) - len(point.lstrip())
    return slide


def test_charts_and_smartart_are_counted_for_the_teacher() -> None:
    def write(presentation: Written) -> None:
        slide = _slide(presentation, "Sales", "They grow.")
        numbers = CategoryChartData()
        numbers.categories = ["a"]
        numbers.add_series("b", (1,))
        for _ in range(2):
            slide.shapes.add_chart(XL_CHART_TYPE.PIE, 0, 0, 9, 9, numbers)  # type: ignore[attr-defined]
        frame = slide.shapes.add_table(1, 1, 0, 0, 9, 9)  # type: ignore[attr-defined]
        frame.table.cell(0, 0).text = "A table is read."
        frame = slide.shapes.add_table(1, 1, 0, 0, 9, 9)  # type: ignore[attr-defined]
        frame._element.graphic.graphicData.set(
            "uri", "http://schemas.openxmlformats.org/drawingml/2006/diagram"
        )

    document = parse(_bytes(write), "x.pptx")
    (told,) = document.left_out
    assert "(charts: 2, SmartArt: 1)" in told
    assert parse(_bytes(lambda one: _slide(one, "Tea", "It is a drink.")), "x.pptx").left_out == ()


def test_passages_know_their_slide_its_title_and_the_notes() -> None:
    def write(presentation: Written) -> None:
        _slide(presentation, "Loops", "An introduction", layout=TITLE)
        _slide(presentation, "While", "It repeats.", " as long as it is true", "Mind the end.")
        slide = _slide(presentation, "For", "It takes each item.")
        slide.notes_slide.notes_text_frame.text = "Say that a list is walked in order."  # type: ignore[attr-defined]

    document = parse(_bytes(write), "x.pptx")
    assert document.title == "Loops"
    assert [(p.page, p.heading_path, p.text) for p in cut(document, "x.pptx")] == [
        (1, (), "An introduction"),
        (2, ("While",), "- It repeats.\n  - as long as it is true\n- Mind the end."),
        (3, ("For",), "It takes each item."),
        (3, ("For", "Notes"), "Say that a list is walked in order."),
    ]


def test_tables_and_code_stay_whole() -> None:
    def write(presentation: Written) -> None:
        slide = _slide(presentation, "Ages", layout=TITLE_ONLY)
        size = [Inches(1)] * 4
        table = slide.shapes.add_table(2, 2, *size).table  # type: ignore[attr-defined]
        for position, words in enumerate(("Name", "Age", "Ann", "30")):
            table.cell(*divmod(position, 2)).text = words
        frame = slide.shapes.add_textbox(*size).text_frame  # type: ignore[attr-defined]
        frame.text = "for x in y:"
        frame.add_paragraph().text = "    print(x)"
        for paragraph in frame.paragraphs:
            paragraph.runs[0].font.name = "Courier New"

    assert [(block.form, block.text) for block in parse(_bytes(write), "x.pptx").blocks] == [
        (BlockForm.TABLE, "Name | Age\nAnn | 30"),
        (BlockForm.CODE, "```\nfor x in y:\n    print(x)\n```"),
    ]


def test_hidden_slides_are_left_out_and_counted() -> None:
    def write(presentation: Written) -> None:
        _slide(presentation, "One", "First.")
        _slide(presentation, "Two", "Second.")._element.set("show", "0")  # type: ignore[attr-defined]
        _slide(presentation, "Three", "Third.")

    assert [(block.page, block.text) for block in parse(_bytes(write), "x.pptx").blocks] == [
        (1, "First."),
        (3, "Third."),
    ]


def test_what_is_grouped_is_read_in_its_place() -> None:
    def write(presentation: Written) -> None:
        slide = _slide(presentation, "Group", layout=TITLE_ONLY)
        group = slide.shapes.add_group_shape()  # type: ignore[attr-defined]
        group.shapes.add_textbox(*[Inches(1)] * 4).text_frame.text = "Inside."

    assert [block.text for block in parse(_bytes(write), "x.pptx").blocks] == ["Inside."]


def test_the_number_of_slides_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parser, "MOST_SLIDES", 1)
    with pytest.raises(UnreadableFile, match=r"x\.pptx has 2 slides; 1 is the most"):
        parse(_bytes(lambda presentation: [_slide(presentation, "T", "x") for _ in range(2)]), "x.pptx")
