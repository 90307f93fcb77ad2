"""Which files are read, by which parser, and how large they may be.

Parsers are named, not imported: only the process that parses loads them and their libraries.
"""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Format:
    """A kind of file."""

    #: Module in `lectern.tutor.ingest.parsers`; its `parse(data, name)` returns a `ParsedDocument`.
    parser: str
    #: Larger files are refused before they are opened.
    most_bytes: int


#: No lesson in text is longer; books with pictures are.
_TEXT_BYTES, _BOOK_BYTES = 20_000_000, 100_000_000


def _text(parser: str) -> Format:
    return Format(parser=parser, most_bytes=_TEXT_BYTES)


def _book(parser: str) -> Format:
    return Format(parser=parser, most_bytes=_BOOK_BYTES)


#: By ending, in small letters.
FORMATS = {
    ".md": _text("markdown"),
    ".markdown": _text("markdown"),
    ".html": _text("html"),
    ".htm": _text("html"),
    ".xhtml": _text("html"),
    ".txt": _text("text"),
    ".cnxml": _text("cnxml"),
    ".ipynb": _book("notebook"),
    ".pdf": _book("pdf"),
    ".docx": _book("docx"),
    ".pptx": _book("pptx"),
    ".epub": _book("epub"),
}
