"""Jupyter notebooks: words as Markdown, code as code, the cell's place in the file as its page."""

import json
from typing import Any

from lectern.tutor.domain.document import BlockForm, ParsedDocument
from lectern.tutor.domain.passage import PassageKind
from lectern.tutor.errors import UnreadableFile
from lectern.tutor.ingest.parsers import markdown
from lectern.tutor.ingest.parsers.outline import Outline, fenced
from lectern.tutor.ingest.parsers.text_of_bytes import decode, whole_characters

#: Cells in one notebook.
MOST_CELLS = 20_000
#: Longer output is left out: it is for the eye, and would push the explanations apart.
_OUTPUT_LINES, _OUTPUT_CHARACTERS = 12, 800
#: Tags by which course tools hide a cell from students.
_HIDDEN = frozenset(["remove-cell", "remove_cell", "hide-cell", "hide_cell"])
_ANSWERS = frozenset(["solution", "answer", "answers", "solutions"])


def parse(data: bytes, name: str) -> ParsedDocument:
    """Return the document of a notebook; cells count from 1, as they stand. Raises `UnreadableFile`."""
    try:
        content = json.loads(decode(data, name))
    except (ValueError, RecursionError) as exc:
        raise UnreadableFile(
            f"{name} is no notebook, or a damaged one: it is no valid JSON.", hint="Save it again in Jupyter."
        ) from exc
    metadata = _table(_table(content).get("metadata"))
    language = _table(metadata.get("language_info")).get("name") or _table(metadata.get("kernelspec")).get(
        "language"
    )
    outline, anchors = Outline(), dict[str, int]()
    for number, cell in enumerate(_cells(content, name), 1):
        outline.page = number
        _add(cell, outline, anchors, str(language or ""))
    return outline.document(name)


def _cells(content: Any, name: str) -> list[dict[str, Any]]:
    """Return the cells of a notebook in format 4 or, from before 2015, in format 3."""
    cells = _table(content).get("cells")
    if cells is None:
        sheets = _table(content).get("worksheets")
        cells = _table(sheets[0]).get("cells") if isinstance(sheets, list) and sheets else None
    if not isinstance(cells, list):
        raise UnreadableFile(
            f"{name} is JSON, but no notebook: it has no cells.", hint="Save it again in Jupyter."
        )
    if len(cells) > MOST_CELLS:
        raise UnreadableFile(
            f"{name} has {len(cells)} cells; {MOST_CELLS} is the most.", hint="Split it into lessons."
        )
    return [_table(cell) for cell in cells]


def _add(cell: dict[str, Any], outline: Outline, anchors: dict[str, int], language: str) -> None:
    metadata = _table(cell.get("metadata"))
    found = metadata.get("tags")
    tags = frozenset(map(str, found)) if isinstance(found, list) else frozenset[str]()
    if tags & _HIDDEN:
        return
    kind, text = cell.get("cell_type"), _text(cell.get("source", cell.get("input")))
    if kind == "markdown":
        markdown.add(text, outline, anchors)
    elif kind == "heading":
        level = cell.get("level")
        outline.heading(level if isinstance(level, int) else 1, " ".join(text.split()), "")
    elif kind == "code":
        solves = tags & _ANSWERS or _table(metadata.get("nbgrader")).get("solution") is True
        said = PassageKind.SOLUTION if solves else None
        outline.block(fenced(text, language), BlockForm.CODE, said)
        outline.block(fenced(_output(cell)), BlockForm.CODE, said)


def _output(cell: dict[str, Any]) -> str:
    """Return what a cell printed or returned, if it is short and text."""
    outputs = cell.get("outputs")
    parts: list[str] = []
    for output in map(_table, outputs if isinstance(outputs, list) else ()):
        shown = output.get("output_type") in ("stream", "pyout", "execute_result")
        if shown and output.get("name", output.get("stream")) != "stderr":
            parts.append(_text(output.get("text") or _table(output.get("data")).get("text/plain")))
    text = "\n".join(part.strip("\n") for part in parts if part.strip())
    return "" if len(text) > _OUTPUT_CHARACTERS or text.count("\n") >= _OUTPUT_LINES else text


def _text(source: Any) -> str:
    """Return a text that the format keeps whole or line by line."""
    text = "".join(map(str, source)) if isinstance(source, list) else source
    return whole_characters(text) if isinstance(text, str) else ""


def _table(value: Any) -> dict[str, Any]:
    """Return a JSON object, an empty one in the place of anything else."""
    return value if isinstance(value, dict) else {}
