"""The styles and lists of a DOCX: which of them are headings, code, captions or numbered."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from lxml import etree

from lectern.tutor.ingest.parsers.xml_parts import attribute, child, children

#: Word keeps these names in every language; only what it shows is translated.
_HEADING = re.compile(r"heading ([1-9])", re.IGNORECASE)
_CODE = re.compile(r"code|source|listing|preformatted|verbatim|program|console", re.IGNORECASE)
_LEFT_OUT = re.compile(r"caption|toc\b.*|table of .*|header|footer|footnote.*|endnote.*", re.IGNORECASE)
_FIXED = re.compile(r"courier|mono|consolas|menlo|lucida console|inconsolata|\bcode\b", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Style:
    """What a style says of the paragraphs and words that are set in it."""

    title: bool = False
    #: 1 to 9, 0 for none.
    heading: int = 0
    code: bool = False
    left_out: bool = False
    #: Id of its list, "" for none.
    list_id: str = ""


#: Of paragraphs without a style.
PLAIN = Style()


def styles_of(root: etree._Element | None) -> Mapping[str, Style]:
    """Return the styles of a document by id."""
    rows = {attribute(row, "styleId"): row for row in children(root, "style")}
    return {key: _style(row, rows) for key, row in rows.items()}


def language_of(root: etree._Element | None) -> str:
    """Return the language in which most of the document is written, as its defaults say."""
    lang = child(root, "docDefaults", "rPrDefault", "rPr", "lang")
    return attribute(lang, "val")[:2].lower()


def list_formats_of(root: etree._Element | None) -> Mapping[tuple[str, int], bool]:
    """Return for each list and level whether it is numbered; others have bullets."""
    kinds = {
        attribute(row, "abstractNumId"): {
            int(attribute(level, "ilvl") or 0): attribute(child(level, "numFmt"), "val")
            not in ("bullet", "none", "")
            for level in children(row, "lvl")
        }
        for row in children(root, "abstractNum")
    }
    return {
        (attribute(row, "numId"), level): numbered
        for row in children(root, "num")
        for level, numbered in kinds.get(attribute(child(row, "abstractNumId"), "val"), {}).items()
    }


def is_fixed(properties: etree._Element | None) -> bool:
    """Return True when words are set in letters of one width."""
    fonts = child(properties, "rFonts")
    return bool(_FIXED.search(attribute(fonts, "ascii") or attribute(fonts, "hAnsi")))


def _style(row: etree._Element, rows: Mapping[str, etree._Element]) -> Style:
    """Return what a style says, and the styles that it is based on where it says nothing itself."""
    name, heading, code, list_id, seen = "", 0, False, "", set[str]()
    current: etree._Element | None = row
    while current is not None and attribute(current, "styleId") not in seen:
        seen.add(attribute(current, "styleId"))
        called = attribute(child(current, "name"), "val")
        name = name or called
        found = _HEADING.fullmatch(called)
        outline = attribute(child(current, "pPr", "outlineLvl"), "val")
        heading = heading or (
            int(found[1]) if found else int(outline) + 1 if outline in "012345678" and outline else 0
        )
        code = code or bool(_CODE.search(called)) or is_fixed(child(current, "rPr"))
        list_id = list_id or attribute(child(current, "pPr", "numPr", "numId"), "val")
        current = rows.get(attribute(child(current, "basedOn"), "val"))
    return Style(
        title=name.lower() == "title",
        heading=heading,
        code=code,
        left_out=bool(_LEFT_OUT.fullmatch(name)),
        list_id=list_id,
    )
