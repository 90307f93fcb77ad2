import json

import pytest

from lectern.tutor.domain.passage import PassageKind
from lectern.tutor.errors import UnreadableFile
from lectern.tutor.ingest.cutting import cut
from lectern.tutor.ingest.parsers import notebook as parser
from lectern.tutor.ingest.parsers.notebook import parse
from tests.written_files import notebook


def _markdown(*source: str) -> dict[str, object]:
    return {"cell_type": "markdown", "metadata": {}, "source": list(source)}


def _code(source: str, *outputs: dict[str, object], **metadata: object) -> dict[str, object]:
    return {"cell_type": "code", "metadata": metadata, "source": source, "outputs": list(outputs)}


def _stream(text: str, name: str = "stdout") -> dict[str, object]:
    return {"output_type": "stream", "name": name, "text": [text]}


def test_words_are_read_as_markdown_and_code_stays_code_each_with_its_cell() -> None:
    document = parse(
        notebook(
            _markdown("# Lists\n", "\n", "A *list* keeps its order."),
            _markdown("## Sorting\n", "It is sorted so:"),
            _code("names.sort()\nprint(names)", _stream("['Ann', 'Bob']\n")),
            _markdown("Now it is in order."),
        ),
        "x.ipynb",
    )
    assert document.title == "Lists"
    assert [(p.page, p.heading_path, p.anchor, p.text) for p in cut(document, "x.ipynb")] == [
        (1, (), "", "A list keeps its order."),
        (
            2,
            ("Sorting",),
            "sorting",
            "It is sorted so:\n\n```python\nnames.sort()\nprint(names)\n```\n\n```\n['Ann', 'Bob']\n```",
        ),
        (4, ("Sorting",), "sorting", "Now it is in order."),
    ]


@pytest.mark.parametrize(
    "output",
    [
        pytest.param(_stream("x\n" * 50), id="long"),
        pytest.param(_stream("warning", "stderr"), id="stderr"),
        pytest.param({"output_type": "display_data", "data": {"image/png": "iVBOR"}}, id="picture"),
        pytest.param({"output_type": "error", "traceback": ["Traceback"]}, id="error"),
    ],
)
def test_output_that_is_for_the_eye_is_left_out(output: dict[str, object]) -> None:
    assert [b.text for b in parse(notebook(_code("f()", output)), "x.ipynb").blocks] == [
        "```python\nf()\n```"
    ]


def test_hidden_cells_are_left_out_and_solutions_are_known() -> None:
    cells = [
        _code("setup()", tags=["remove-cell"]),
        _code("answer()", nbgrader={"solution": True}),
        _code("f()"),
    ]
    assert [(b.page, b.kind) for b in parse(notebook(*cells), "x.ipynb").blocks] == [
        (2, PassageKind.SOLUTION),
        (3, PassageKind.BODY),
    ]


def test_the_old_format_is_read_too() -> None:
    cells = [
        {"cell_type": "heading", "level": 1, "source": ["Lists"]},
        {"cell_type": "code", "input": ["f()"], "outputs": []},
    ]
    document = parse(json.dumps({"nbformat": 3, "worksheets": [{"cells": cells}]}).encode(), "x.ipynb")
    assert (document.title, [b.text for b in document.blocks]) == ("Lists", ["```\nf()\n```"])


def test_the_number_of_cells_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parser, "MOST_CELLS", 1)
    with pytest.raises(UnreadableFile, match=r"x\.ipynb has 2 cells; 1 is the most"):
        parse(notebook(_code("f()"), _code("g()")), "x.ipynb")


def test_halves_of_characters_become_whole_or_a_sign_for_them() -> None:
    document = parse(
        notebook(_markdown("# Half \ud83d\n\n## \ud83d\ude00 and \ude00\n\nText \ud83d."), _code("'\ud83d'")),
        "x.ipynb",
    )
    assert document.title == "Half \ufffd"
    assert [(p.heading_path, p.text) for p in cut(document, "x.ipynb")] == [
        (("\U0001f600 and \ufffd",), "Text \ufffd."),
        (("\U0001f600 and \ufffd",), "```python\n'\ufffd'\n```"),
    ]
