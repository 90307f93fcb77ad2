"""DOCX, as Word, LibreOffice and Google Docs write it. Its pages are made by the program that shows it, so it has none here."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from lxml import etree

from lectern.tutor.domain.document import BlockForm, ParsedDocument
from lectern.tutor.errors import UnreadableFile
from lectern.tutor.ingest.parsers.archive import Archive
from lectern.tutor.ingest.parsers.docx_styles import (
    PLAIN,
    Style,
    is_fixed,
    language_of,
    list_formats_of,
    styles_of,
)
from lectern.tutor.ingest.parsers.drawn import drawn_in, told
from lectern.tutor.ingest.parsers.outline import Outline, fenced, squeezed, ticked
from lectern.tutor.ingest.parsers.xml_parts import attribute, child, children, part_of, related, tag

#: Pictures, text boxes, what was deleted, the instructions behind fields, and the second of two versions.
_DROPPED = frozenset(
    ["drawing", "pict", "object", "del", "moveFrom", "instrText", "Fallback", "delText", "footnoteReference"]
)
#: How a property says that it does not hold, against a style that says it does.
_OFF = ("0", "false", "off")


def parse(data: bytes, name: str) -> ParsedDocument:
    """Return the document of a DOCX. Raises `UnreadableFile`."""
    archive = Archive(data, name, "a Word document")
    main = next(
        (target for kind, target in related(archive, "", name).values() if kind == "officeDocument"),
        "word/document.xml",
    )
    root = part_of(archive, main, name)
    body = child(root, "body")
    if body is None:
        raise UnreadableFile(
            f"{name} is no Word document, whatever its name says.",
            hint="Give it the ending of its kind, or export it again.",
        )
    others = dict(related(archive, main, name).values())
    styles = part_of(archive, others.get("styles", ""), name)
    outline = Outline()
    walker = _Walker(
        outline, styles_of(styles), list_formats_of(part_of(archive, others.get("numbering", ""), name))
    )
    walker.walk(body)
    walker.flush()
    left_out = told(name, Counter(drawn_in(body)))
    return outline.document(name, language=language_of(styles), left_out=left_out)


@dataclass
class _Walker:
    """Walks a body; lines of a list or of code are gathered until something else comes."""

    outline: Outline
    styles: Mapping[str, Style]
    #: For each list and level, whether it is numbered.
    lists: Mapping[tuple[str, int], bool]
    _form: BlockForm = BlockForm.PROSE
    _lines: list[str] = field(default_factory=list)
    _numbers: Counter[tuple[str, int]] = field(default_factory=Counter)

    def walk(self, element: etree._Element) -> None:
        """Add the blocks of an element's children."""
        for one in element:
            kind = tag(one)
            if kind == "p":
                self._paragraph(one)
            elif kind == "tbl":
                self.flush()
                self._table(one)
            elif kind not in _DROPPED:  # content controls and the like
                self.walk(one)

    def flush(self) -> None:
        """Add what was gathered."""
        text = "\n".join(self._lines)
        self.outline.block(fenced(text) if self._form is BlockForm.CODE else text, self._form)
        self._lines = []

    def _gather(self, line: str, form: BlockForm) -> None:
        if form is not self._form:
            self.flush()
        self._form = form
        self._lines.append(line)

    def _paragraph(self, paragraph: etree._Element) -> None:
        properties = child(paragraph, "pPr")
        style = self.styles.get(attribute(child(properties, "pStyle"), "val"), PLAIN)
        if style.left_out:
            return
        if style.code or _is_code(paragraph, self.styles):
            self._gather(_raw(paragraph), BlockForm.CODE)
            return
        words = squeezed("".join(_words(paragraph, self.styles)))
        level = style.heading or _outline_level(properties)
        if not words:
            return
        if style.title or level:
            self.flush()
            self._heading(words, style, level)
        elif item := self._item(properties, style):
            self._gather(item + words, BlockForm.ITEM)
        else:
            self.flush()
            self._form = BlockForm.PROSE
            self.outline.block(words, BlockForm.PROSE)

    def _heading(self, words: str, style: Style, level: int) -> None:
        if style.title and not self.outline.title:
            self.outline.heading(0, words, "")
        else:
            self.outline.heading(max(1, level), words, "")
        self._numbers.clear()

    def _item(self, properties: etree._Element | None, style: Style) -> str:
        """Return what stands before the words of a list's item, "" for a paragraph of no list."""
        numbering = child(properties, "numPr")
        list_id = attribute(child(numbering, "numId"), "val") or style.list_id
        if list_id in ("", "0"):
            return ""
        level = int(attribute(child(numbering, "ilvl"), "val") or 0)
        indent = "  " * level
        if not self.lists.get((list_id, level), False):
            return f"{indent}- "
        self._numbers[list_id, level] += 1
        for key in [key for key in self._numbers if key[0] == list_id and key[1] > level]:
            del self._numbers[key]
        return f"{indent}{self._numbers[list_id, level]}. "

    def _table(self, table: etree._Element) -> None:
        rows = [list(_cells(row)) for row in children(table, "tr")]
        if len(rows) == 1 and len(rows[0]) == 1:  # a frame around text or code
            self.walk(rows[0][0])
            self.flush()
            return
        lines = [[squeezed(" ".join(_words(cell, self.styles))) for cell in row] for row in rows]
        self.outline.block("\n".join(" | ".join(line) for line in lines if any(line)), BlockForm.TABLE)


def _cells(row: etree._Element) -> Iterator[etree._Element]:
    for one in row:
        if tag(one) == "tc":
            yield one
        elif tag(one) in ("sdt", "sdtContent", "ins"):
            yield from _cells(one)


def _outline_level(properties: etree._Element | None) -> int:
    level = attribute(child(properties, "outlineLvl"), "val")
    return int(level) + 1 if level and level in "012345678" else 0


def _is_code(paragraph: etree._Element, styles: Mapping[str, Style]) -> bool:
    """Return True when all words of a paragraph are set as code."""
    runs = [run for run in _runs(paragraph) if _raw(run).strip()]
    return bool(runs) and all(_is_code_run(run, styles) for run in runs)


def _is_code_run(run: etree._Element, styles: Mapping[str, Style]) -> bool:
    properties = child(run, "rPr")
    return is_fixed(properties) or styles.get(attribute(child(properties, "rStyle"), "val"), PLAIN).code


def _runs(element: etree._Element) -> Iterator[etree._Element]:
    for one in element:
        if tag(one) == "r":
            yield one
        elif tag(one) not in _DROPPED:
            yield from _runs(one)


def _words(element: etree._Element, styles: Mapping[str, Style]) -> Iterator[str]:
    """Yield the words inside an element, neighbouring code in one pair of backticks."""
    code = ""
    for one in element:
        kind = tag(one)
        if kind == "r" and _is_code_run(one, styles):
            code += _raw(one)
            continue
        if kind == "pPr" or kind in _DROPPED:
            continue
        if code:
            yield ticked(code)
            code = ""
        if kind == "r":
            yield _raw(one)
        elif kind == "oMath":
            yield "".join(text.text or "" for text in one.iter("{*}t"))
        else:
            yield from _words(one, styles)
            yield " " if kind in ("p", "tc", "tr") else ""
    yield ticked(code) if code else ""


def _raw(element: etree._Element) -> str:
    """Return the text of a run or paragraph, with its tabs and line breaks."""
    parts: list[str] = []
    for one in element:
        kind = tag(one)
        if kind == "t":
            parts.append(one.text or "")
        elif kind in ("br", "cr"):
            parts.append("\n")
        elif kind == "tab":
            parts.append("\t")
        elif kind == "noBreakHyphen":
            parts.append("-")
        elif kind == "rPr":
            hidden = child(one, "vanish")
            if hidden is not None and attribute(hidden, "val") not in _OFF:
                return ""
        elif kind not in _DROPPED and kind != "pPr":
            parts.append(_raw(one))
    return "".join(parts)
