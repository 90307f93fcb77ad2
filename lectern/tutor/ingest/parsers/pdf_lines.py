"""The lines of a PDF's pages: their words, where they stand, and how they are set."""

import ctypes
import math
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pypdfium2
from pypdfium2 import raw

from lectern.tutor.ingest.parsers.text_of_bytes import whole_characters

#: Between two cells of a row there is more room than this many times the size of the type; in justified text less.
_CELL_GAP = 1.8
_FIXED = re.compile(r"courier|mono|consolas|menlo|typewriter|cmtt|inconsolata|code", re.IGNORECASE)
_BOLD = re.compile(r"bold|black|heavy|semibold|cmbx", re.IGNORECASE)
#: Bit of a font's flags that says that all letters are of one width.
_FIXED_PITCH = 1
_BOLD_WEIGHT = 600
#: What PDFium makes of a hyphen and the end of the line behind it.
_HYPHEN_AT_END = frozenset((0x02, 0xFFFE))
_LINE_ENDS = _HYPHEN_AT_END | {10, 13}
_BLANKS = frozenset(map(ord, " \t\v\f\xa0\u2002\u2003\u2007\u2009\u200a\u202f\u3000"))
_WORD_ENDS = _LINE_ENDS | _BLANKS
_HYPHENS = str.maketrans({"\xad": "-", "\u2010": "-", "\u2011": "-"})
_LIGATURES = str.maketrans({"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """A line as it is printed. Lengths are in points, from the lower left corner of the page."""

    #: Its words; wide gaps are kept as tabs.
    text: str
    page: int
    left: float
    right: float
    bottom: float
    top: float
    #: Height of the type.
    size: float
    #: Set in letters of one width.
    fixed: bool
    bold: bool


#: Left, bottom, right, top.
_Box = tuple[float, float, float, float]


@dataclass(slots=True)
class _Run:
    """Characters of one line as they come."""

    text: list[str]
    #: Quarters of a turn, against the clock, in which it is written; its lengths are those of the page turned back.
    quarters: int = 0
    first: int = -1
    last: int = -1
    left: float = 0.0
    right: float = 0.0
    #: Bottom and top of each character that can be seen.
    heights: list[tuple[float, float]] = field(default_factory=list)


def lines_of(page: pypdfium2.PdfPage, number: int) -> list[Line]:
    """Return the lines of a page in the order in which the file has them."""
    textpage = page.get_textpage()
    try:
        return [line for run in _runs(textpage) if (line := _line(textpage, run, number)) is not None]
    finally:
        textpage.close()


def is_picture(page: pypdfium2.PdfPage) -> bool:
    """Return True when a page shows a picture: without text it was scanned, without either it is blank."""
    return any(True for _ in page.get_objects(filter=[raw.FPDF_PAGEOBJ_IMAGE], max_depth=3))


def _runs(textpage: pypdfium2.PdfTextPage) -> Iterator[_Run]:
    # Three million characters make a long book: each call into the library counts, so only the ends of words are measured.
    unicode_of, handle, run = raw.FPDFText_GetUnicode, textpage.raw, _Run([])
    measure = _measure(handle)
    codes = [unicode_of(handle, index) for index in range(raw.FPDFText_CountChars(handle))]
    for index, code in enumerate(codes):
        if code in _LINE_ENDS:
            if code in _HYPHEN_AT_END:
                run.text.append("-")
            if run.first >= 0:
                yield run
            run = _Run([])
        elif code in _BLANKS:
            run.text.append(" ")
        else:
            ends = codes[index + 1] in _WORD_ENDS if index + 1 < len(codes) else True
            if run.first < 0:
                run.quarters = _quarters(handle, index)
            if (ends or run.first < 0 or run.text[-1] == " ") and (box := measure(index)):
                _extend(run, index, _turned_back(box, run.quarters))
            run.text.append(chr(code) if 0 < code <= 0x10FFFF else "\ufffd")
    if run.first >= 0:
        yield run


def _measure(handle: object) -> Callable[[int], _Box | None]:
    """Return what gives the left, bottom, right and top of a character."""
    box, call = raw.FS_RECTF(), raw.FPDFText_GetLooseCharBox
    pointer = ctypes.byref(box)
    return lambda index: (box.left, box.bottom, box.right, box.top) if call(handle, index, pointer) else None


def _quarters(handle: object, index: int) -> int:
    """Return how a character is turned: wide tables are written up the page, which is shown on its side."""
    angle = raw.FPDFText_GetCharAngle(handle, index)
    return round(angle / (math.pi / 2)) % 4 if math.isfinite(angle) and angle > 0 else 0


def _turned_back(box: _Box, quarters: int) -> _Box:
    left, bottom, right, top = box
    match quarters:
        case 1:
            return bottom, -right, top, -left
        case 2:
            return -right, -top, -left, -bottom
        case 3:
            return -top, left, -bottom, right
        case _:
            return box


def _extend(run: _Run, index: int, box: _Box) -> None:
    """Take the end of a word in; a gap before it that parts cells becomes a tab."""
    left, bottom, right, top = box
    if run.first < 0:
        run.first, run.left = index, left
        run.text.clear()
    elif run.text[-1] == " " and left - run.right > _CELL_GAP * max(top - bottom, 1):
        while run.text and run.text[-1] == " ":
            run.text.pop()
        run.text.append("\t")
    run.last, run.right = index, right
    run.heights.append((bottom, top))


def _line(textpage: pypdfium2.PdfTextPage, run: _Run, number: int) -> Line | None:
    text = whole_characters("".join(run.text)).translate(_HYPHENS).translate(_LIGATURES).rstrip()
    if not text:
        return None
    # Those of most characters: a bullet is of another font than its item, a name in the text of another than the text.
    bottom, top = Counter(run.heights).most_common(1)[0][0]
    fonts = [_font(textpage, index) for index in (run.first, run.last)]
    return Line(
        text=text,
        page=number,
        left=run.left,
        right=run.right,
        bottom=bottom,
        top=top,
        size=round(top - bottom, 1),
        fixed=all(fixed for fixed, _bold in fonts),
        bold=all(bold for _fixed, bold in fonts),
    )


def _font(textpage: pypdfium2.PdfTextPage, index: int) -> tuple[bool, bool]:
    """Return whether a character is of a font of one width, and whether it is bold."""
    name, flags = ctypes.create_string_buffer(128), ctypes.c_int()
    raw.FPDFText_GetFontInfo(textpage, index, name, len(name), ctypes.byref(flags))
    called = name.value.decode(errors="replace")
    return (
        bool(flags.value & _FIXED_PITCH) or bool(_FIXED.search(called)),
        bool(_BOLD.search(called)) or raw.FPDFText_GetFontWeight(textpage, index) >= _BOLD_WEIGHT,
    )
