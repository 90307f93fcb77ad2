"""PPTX: slide by slide, titles as headings, speaker notes under them."""

import re
from collections import Counter
from collections.abc import Iterator

from lxml import etree

from lectern.tutor.domain.document import BlockForm, ParsedDocument
from lectern.tutor.errors import UnreadableFile
from lectern.tutor.ingest.parsers.archive import Archive
from lectern.tutor.ingest.parsers.drawn import drawn_in, told
from lectern.tutor.ingest.parsers.outline import Outline, fenced, squeezed
from lectern.tutor.ingest.parsers.xml_parts import attribute, child, children, part_of, related, tag

#: Slides in one file.
MOST_SLIDES = 2_000
_TITLES = ("title", "ctrTitle")
#: What stands on every slide.
_LEFT_OUT = ("dt", "ftr", "sldNum", "hdr", "sldImg", "pic")
_FIXED = re.compile(r"courier|mono|consolas|menlo|lucida console|inconsolata|\bcode\b", re.IGNORECASE)
_SLIDE_LEVEL, _NOTES_LEVEL = 2, 3


def parse(data: bytes, name: str) -> ParsedDocument:
    """Return the document of a PPTX; a slide's number is its place in the file. Raises `UnreadableFile`."""
    archive = Archive(data, name, "a PowerPoint presentation")
    main = next(
        (target for kind, target in related(archive, "", name).values() if kind == "officeDocument"),
        "ppt/presentation.xml",
    )
    root = part_of(archive, main, name)
    if root is None or tag(root) != "presentation":
        raise UnreadableFile(
            f"{name} is no PowerPoint presentation, whatever its name says.",
            hint="Give it the ending of its kind, or export it again.",
        )
    parts = related(archive, main, name)
    slides = [parts.get(_relation(one), ("", ""))[1] for one in children(child(root, "sldIdLst"), "sldId")]
    if len(slides) > MOST_SLIDES:
        raise UnreadableFile(
            f"{name} has {len(slides)} slides; {MOST_SLIDES} is the most.", hint="Split it into lessons."
        )
    outline, drawn = Outline(), Counter[str]()
    for number, part in enumerate(slides, 1):
        outline.page = number
        drawn += _slide(archive, part, name, outline)
    return outline.document(name, left_out=told(name, drawn))


def _relation(element: etree._Element) -> str:
    """Return the id of a relation; `id` without a namespace is another thing."""
    return next((str(value) for key, value in element.items() if str(key).endswith("}id")), "")


def _slide(archive: Archive, part: str, name: str, outline: Outline) -> Counter[str]:
    """Add a slide's blocks; return what on it is not read."""
    slide = part_of(archive, part, name)
    if slide is None or attribute(slide, "show") == "0":  # hidden: students do not see it either
        return Counter()
    shapes = list(_shapes(child(slide, "cSld", "spTree")))
    title = next((shape for shape in shapes if _place(shape) in _TITLES), None)
    words = squeezed(" ".join(_text(line) for line in _paragraphs(title))) if title is not None else ""
    opening = outline.page == 1 and title is not None and _place(title) == "ctrTitle"
    outline.leave(_SLIDE_LEVEL)
    outline.heading(1 if opening else _SLIDE_LEVEL, words, "")
    for shape in shapes:
        if shape is not title and _place(shape) not in _LEFT_OUT:
            _add(shape, outline)
    notes = next((other for kind, other in related(archive, part, name).values() if kind == "notesSlide"), "")
    _notes(part_of(archive, notes, name), outline)
    return Counter(drawn_in(slide))


def _notes(notes: etree._Element | None, outline: Outline) -> None:
    spoken = [shape for shape in _shapes(child(notes, "cSld", "spTree")) if _place(shape) == "body"]
    if any(_text(line).strip() for shape in spoken for line in _paragraphs(shape)):
        outline.heading(_NOTES_LEVEL, "Notes", "")
        for shape in spoken:
            for line in _paragraphs(shape):
                outline.block(squeezed(_text(line)), BlockForm.PROSE)


def _shapes(tree: etree._Element | None) -> Iterator[etree._Element]:
    """Yield shapes in the order of the file, those of groups in their place, one of two versions only."""
    for one in tree if tree is not None else ():
        kind = tag(one)
        if kind in ("sp", "graphicFrame"):
            yield one
        elif kind in ("grpSp", "AlternateContent", "Choice"):
            yield from _shapes(one)


def _place(shape: etree._Element) -> str:
    """Return what a shape is the place for: a title, the slide's number, …; "" for a free one."""
    holder = child(shape, "nvSpPr", "nvPr", "ph")
    return "" if holder is None else attribute(holder, "type") or "obj"


def _add(shape: etree._Element, outline: Outline) -> None:
    if tag(shape) == "graphicFrame":
        table = child(shape, "graphic", "graphicData", "tbl")
        rows = [
            [squeezed(" ".join(_text(line) for line in _paragraphs(cell))) for cell in children(row, "tc")]
            for row in children(table, "tr")
        ]
        outline.block("\n".join(" | ".join(row) for row in rows if any(row)), BlockForm.TABLE)
        return
    lines = list(_paragraphs(shape))
    if any(_text(line).strip() for line in lines) and all(
        _is_code(line) for line in lines if _text(line).strip()
    ):
        outline.block(fenced("\n".join(_text(line) for line in lines)), BlockForm.CODE)
        return
    in_list = _place(shape) in ("obj", "body") or any(_has_bullet(line) for line in lines)
    texts = [("  " * _level(line), squeezed(_text(line))) for line in lines]
    texts = [(indent, words) for indent, words in texts if words]
    if in_list and len(texts) > 1:
        outline.block("\n".join(f"{indent}- {words}" for indent, words in texts), BlockForm.ITEM)
    else:
        for _indent, words in texts:
            outline.block(words, BlockForm.PROSE)


def _paragraphs(holder: etree._Element) -> Iterator[etree._Element]:
    yield from children(child(holder, "txBody"), "p")


def _level(paragraph: etree._Element) -> int:
    level = attribute(child(paragraph, "pPr"), "lvl")
    return int(level) if level.isdigit() else 0


def _has_bullet(paragraph: etree._Element) -> bool:
    return any(True for _ in children(child(paragraph, "pPr"), "buChar", "buAutoNum"))


def _text(paragraph: etree._Element) -> str:
    parts: list[str] = []
    for one in paragraph:
        kind = tag(one)
        if kind == "br":
            parts.append("\n")
        elif kind == "r" or (kind == "fld" and attribute(one, "type") != "slidenum"):
            text = child(one, "t")
            # A line break inside a run, as some programs write it.
            parts.append((text.text or "").replace("\v", "\n") if text is not None else "")
        elif kind in ("m", "AlternateContent", "Choice"):
            parts += [
                text.text or ""
                for text in one.iter("{http://schemas.openxmlformats.org/officeDocument/2006/math}t")
            ]
    return "".join(parts)


def _is_code(paragraph: etree._Element) -> bool:
    runs = [run for run in children(paragraph, "r") if (text := child(run, "t")) is not None and text.text]
    return bool(runs) and all(
        _FIXED.search(attribute(child(run, "rPr", "latin"), "typeface")) for run in runs
    )
