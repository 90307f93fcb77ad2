"""OpenStax CNXML modules."""

import re
import textwrap
from collections.abc import Callable, Iterator
from typing import Any

from lxml import etree

from lectern.tutor.domain.document import BlockForm, ParsedDocument
from lectern.tutor.domain.passage import PassageKind
from lectern.tutor.errors import UnreadableFile
from lectern.tutor.ingest.parsers.mathml import formula
from lectern.tutor.ingest.parsers.outline import Outline, fenced, squeezed, ticked

#: Classes of sections and notes that hold tasks.
_TASKS = re.compile(
    r"multiple-choice|fill-in|short-answer|critical-thinking|true-false|matching|review-questions|check-your-understanding"
    r"|learning-questions|practice|exercises|problems|homework|quiz"
)
_SUMMARIES = re.compile(r"summary|key-terms|key-concepts|learning-objectives|glossary")

#: Pictures, films and their captions: they read badly out of sight of what they show.
_DROPPED = frozenset(["media", "figure", "metadata", "footnote", "iframe", "image", "caption"])
#: Stands where a picture or a link without words was left out, so that what is tidied is only what it leaves behind.
_GAP = "\ufffc"
_LEFT_OUT = re.compile(rf"{_GAP}|the (?:figure|table)")
_EMPTY_BRACKETS = re.compile(
    rf"\s*[(\[](?:see|and|or|the figure|the table|[\s,;{_GAP}])*[)\]]", re.IGNORECASE
)
#: The words for a link to a figure, where they begin a sentence.
_POINTER_FIRST = re.compile(r"(^|[.!?] )t(he (?:figure|table)s?\b)")
_GAP_BEFORE_MARK = re.compile(rf"(?<=[.!?])\s*{_GAP}\s*\.|\s*{_GAP}\s*(?=[.,;:!?)])")
#: "the figure, the figure, and the figure".
_POINTERS = re.compile(r"\b(the (?:figure|table))(?:(?:,| and|, and) \1\b)+")
_MATH = "{http://www.w3.org/1998/Math/MathML}math"


def parse(data: bytes, name: str) -> ParsedDocument:
    """Return the document of a CNXML module. Raises `UnreadableFile`, with the line of broken XML."""
    if not data.strip():
        raise UnreadableFile(f"{name} is empty.", hint="Remove it or put a module into it.")
    # No entities, no DTD, no network; libxml2's own limits stop bombs and bottomless nesting.
    parser = etree.XMLParser(resolve_entities=False, load_dtd=False, no_network=True, remove_comments=True)
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as exc:
        if "ntity amplification" in str(exc):
            raise UnreadableFile(
                f"{name} declares XML entities that grow without end.", hint="Do not trust where it is from."
            ) from exc
        what = "nests elements too deeply" if "depth" in str(exc) else "is broken XML"
        raise UnreadableFile(
            f"{name} {what}: {getattr(exc, 'msg', exc)}.", hint="Repair or export it again."
        ) from exc
    dtd: Any = root.getroottree().docinfo.internalDTD
    if dtd is not None and dtd.entities():
        raise UnreadableFile(
            f"{name} declares XML entities, which are not read.",
            hint="Export it with plain characters instead.",
        )
    content = root.find("{*}content")
    if etree.QName(root).localname != "document" or content is None:
        raise UnreadableFile(
            f"{name} is XML, but no CNXML module.", hint="A module has <document> and <content>."
        )
    outline = Outline(title=squeezed(root.findtext("{*}title") or ""), headings_tell_answers=False)
    _Walker(outline).walk(content, 1, None)
    glossary = root.find("{*}glossary")
    if glossary is not None:
        _Walker(outline).walk(glossary, 1, PassageKind.SUMMARY)
    return outline.document(name, language=(root.get("{http://www.w3.org/XML/1998/namespace}lang") or "")[:2])


class _Walker:
    """Walks a module; `level` is the depth of its sections, `kind` what an element above said of everything in it."""

    def __init__(self, outline: Outline) -> None:
        self._outline = outline
        self._by_tag: dict[str, Callable[[etree._Element, int, PassageKind | None], None]] = {
            "section": self._section,
            "note": self._section,
            "example": self._section,
            "exercise": lambda element, level, kind: self.walk(element, level, PassageKind.EXERCISE),
            "solution": lambda element, level, kind: self.walk(element, level, PassageKind.SOLUTION),
            "para": self._paragraph,
            "definition": self._definition,
            "list": self._list,
            "table": self._table,
            "code": self._code,
            "equation": self._paragraph,
        }

    def walk(self, element: etree._Element, level: int, kind: PassageKind | None) -> None:
        """Add the blocks of an element's children."""
        for child in element:
            tag = _tag(child)
            if tag in _DROPPED or tag in ("title", "label"):
                continue
            self._by_tag.get(tag, self.walk)(child, level, kind)

    def _section(self, element: etree._Element, level: int, kind: PassageKind | None) -> None:
        title = element.find("{*}title")
        heading = _words(title) if title is not None else ""
        said = kind or _kind_of_class(element.get("class") or "")
        self._outline.heading(level + 1, heading, element.get("id") or "", said)
        self.walk(element, level + 1, said)
        # What follows a note belongs to the section around it again.
        self._outline.leave(level + 1)

    def _paragraph(self, element: etree._Element, level: int, kind: PassageKind | None) -> None:
        """Add a paragraph; lists, code and tables inside it become blocks behind the words before them."""
        anchor, loose, terms = element.get("id") or "", [element.text or ""], _terms(element)
        for child in element:
            if _is_block(child):
                self._prose(loose, kind, anchor, terms)
                self._by_tag[_tag(child)](child, level, kind)
                loose = []
            else:
                loose.append(_words(child))
            loose.append(child.tail or "")
        self._prose(loose, kind, anchor, terms)

    def _prose(self, parts: list[str], kind: PassageKind | None, anchor: str, terms: list[str]) -> None:
        text = _tidy("".join(parts))
        self._outline.block(text, BlockForm.PROSE, kind, anchor, terms)

    def _definition(self, element: etree._Element, level: int, kind: PassageKind | None) -> None:
        parts = [_words(part) for part in element if _tag(part) in ("term", "meaning")]
        self._outline.block(
            _tidy(": ".join(parts)), BlockForm.PROSE, kind, element.get("id") or "", _terms(element)
        )

    def _list(self, element: etree._Element, level: int, kind: PassageKind | None) -> None:
        lines: list[str] = []
        anchor, terms = element.get("id") or "", _terms(element)
        for piece in _items(element, ""):
            if isinstance(piece, str):
                lines.append(piece)
            else:
                self._outline.block("\n".join(lines), BlockForm.ITEM, kind, anchor, terms)
                self._by_tag[_tag(piece)](piece, level, kind)
                lines = []
        self._outline.block("\n".join(lines), BlockForm.ITEM, kind, anchor, terms)

    def _table(self, element: etree._Element, level: int, kind: PassageKind | None) -> None:
        # Not `iter`: a table inside a table would come twice.
        rows = [[_tidy(_words(entry)) for entry in row.iterfind("{*}entry")] for row in _rows(element)]
        text = "\n".join(" | ".join(row) for row in rows if any(row))
        self._outline.block(text, BlockForm.TABLE, kind, element.get("id") or "", _terms(element))

    def _code(self, element: etree._Element, level: int, kind: PassageKind | None) -> None:
        code = textwrap.dedent(_raw(element).strip("\n"))
        self._outline.block(
            fenced(code, element.get("lang") or ""), BlockForm.CODE, kind, element.get("id") or ""
        )


def _terms(element: etree._Element) -> list[str]:
    """Return what is marked as a term inside an element, as its text has it; not what is marked for an index only."""
    terms = (term for term in element.iter("{*}term") if "no-emphasis" not in (term.get("class") or ""))
    return [_tidy(_words(term)) for term in terms]


def _rows(table: etree._Element) -> Iterator[etree._Element]:
    for group in table.iterfind("{*}tgroup"):
        for part in group:
            yield from part.iterfind("{*}row")


def _items(element: etree._Element, indent: str) -> list[str | etree._Element]:
    """Return the lines of a list, those of lists inside it indented, and blocks of code or tables between."""
    pieces: list[str | etree._Element] = []
    numbered = element.get("list-type") == "enumerated"
    for number, item in enumerate(element.iterfind("{*}item"), 1):
        mark, loose = f"{number}. " if numbered else "- ", ""
        for part in [*_parts(item), None]:
            if isinstance(part, str):
                loose += part
                continue
            if words := _tidy(loose):
                pieces.append(indent + mark + words)
                mark, loose = "  ", ""
            if part is not None:
                pieces += _items(part, indent + "  ") if _tag(part) == "list" else [part]
    return pieces


def _parts(element: etree._Element) -> Iterator[str | etree._Element]:
    """Take an item apart into words and the blocks among them."""
    yield element.text or ""
    for child in element:
        if _is_block(child):
            yield child
        elif _tag(child) == "para" and any(_is_block(inner) for inner in child):
            yield from _parts(child)
        else:
            yield f" {_words(child)} " if _tag(child) == "para" else _words(child)
        yield child.tail or ""


def _is_block(element: etree._Element) -> bool:
    """True for what stands on its own inside a paragraph; inline code and inline lists do not."""
    tag = _tag(element)
    if tag == "code":
        return element.get("display") == "block" or "\n" in _raw(element).strip()
    if tag == "list":
        return element.get("display") != "inline"
    return tag in ("table", "note", "exercise", "example", "equation")


def _words(element: etree._Element) -> str:
    """Return the words inside an element: inline code in backticks, formulas in one line, pictures left out."""
    tag = _tag(element)
    if element.tag == _MATH:
        return formula(element)
    if tag in _DROPPED or not tag:
        return "" if tag in ("footnote", "") else _GAP
    if tag == "code":
        return ticked(_raw(element))
    if tag in ("sub", "sup"):
        return _raised(element, tag)
    if tag == "newline":
        return " "
    if tag == "link" and not _raw(element).strip():
        return _pointed_at(element) if element.get("target-id") else _GAP
    parts = [element.text or ""]
    for child in element:
        inside = _words(child)
        parts += [
            f" {inside} " if _tag(child) in ("para", "item", "newline", "title", "list") else inside,
            child.tail or "",
        ]
    return "".join(parts)


def _pointed_at(link: etree._Element) -> str:
    """Return words for a link that a reader's program would number: it points at a figure or table of this module."""
    wanted = link.get("target-id")
    target = next((element for element in link.getroottree().iter() if element.get("id") == wanted), None)
    return {"table": "the table", "figure": "the figure"}.get(
        _tag(target) if target is not None else "", _GAP
    )


def _raised(element: etree._Element, tag: str) -> str:
    """Return what is raised as "^2", what is lowered as it is, and so what is raised before a word: "15N"."""
    inside, before, around = _raw(element).strip(), element.getprevious(), element.getparent()
    text = before.tail if before is not None else around.text if around is not None else ""
    preceding = (text or "")[-1:]
    return (
        f"^{inside}"
        if tag == "sup" and inside and (preceding.isalnum() or preceding in (")", "]"))
        else inside
    )


def _tidy(text: str) -> str:
    """Squeeze white space, and take out what something omitted left: "()", "(see )", a blank before a full stop."""
    if _LEFT_OUT.search(text):
        text = _EMPTY_BRACKETS.sub(lambda found: _GAP if _LEFT_OUT.search(found[0]) else found[0], text)
        text = _GAP_BEFORE_MARK.sub("", squeezed(text)).replace(_GAP, " ")
        text = _POINTERS.sub(r"\1s", text)
    return _POINTER_FIRST.sub(lambda found: found[1] + "T" + found[2], squeezed(text))


def _raw(element: etree._Element) -> str:
    """Return all text inside an element; <newline/> is a line end, which authors use inside code."""
    parts = [element.text or ""]
    for child in element:
        if isinstance(child.tag, str):
            parts.append("\n" if _tag(child) == "newline" else _raw(child))
        parts.append(child.tail or "")
    return "".join(parts)


def _kind_of_class(classes: str) -> PassageKind | None:
    if _TASKS.search(classes):
        return PassageKind.EXERCISE
    return PassageKind.SUMMARY if _SUMMARIES.search(classes) else None


def _tag(element: etree._Element) -> str:
    return etree.QName(element).localname if isinstance(element.tag, str) else ""
