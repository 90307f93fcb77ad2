"""PDF: text by page, without what is printed on every page."""

import re
from collections.abc import Sequence

import pypdfium2
from pypdfium2 import raw

from lectern.tutor.domain.document import BlockForm, ParsedDocument
from lectern.tutor.domain.sentences import sentences
from lectern.tutor.errors import UnreadableFile
from lectern.tutor.ingest.parsers import pdf_paragraphs
from lectern.tutor.ingest.parsers.kinds_of_bytes import require_kind
from lectern.tutor.ingest.parsers.outline import Outline, fenced
from lectern.tutor.ingest.parsers.pdf_lines import Line, is_picture, lines_of
from lectern.tutor.ingest.parsers.pdf_paragraphs import Group
from lectern.tutor.ingest.parsers.running_lines import without_running_lines

#: No lesson and no textbook has more.
MOST_PAGES = 2_000
#: Share of characters without a meaning above which a file's fonts hide its text.
_UNREADABLE_SHARE = 0.2
_NO_TITLE = re.compile(
    r"^(?:untitled|microsoft (?:word|powerpoint)\b.*|.*\.(?:docx?|pptx?|tex|dvi|indd|pdf))?$", re.I
)
#: A page ends in the middle of a sentence when it does not end like this.
_SENTENCE_ENDS = (".", "!", "?", ":", ";", "…", "”", '"', ")", "。", "！", "？")


def parse(data: bytes, name: str) -> ParsedDocument:
    """Return the document of a PDF. Raises `UnreadableFile`."""
    require_kind(data, name, "a PDF", b"%PDF-", within=1024)
    document = _opened(data, name)
    try:
        pages, scanned = _read(document, name)
        title = _title(document)
    finally:
        document.close()
    _refuse_what_is_no_text(pages, scanned, name)
    outline = Outline()
    size = pdf_paragraphs.body_size(pages)
    _fill(outline, without_running_lines(pages, size), size)
    left_out = (_scanned_pages(name, scanned),) if scanned else ()
    return outline.document(name, title="" if _NO_TITLE.match(title) else title, left_out=left_out)


def _opened(data: bytes, name: str) -> pypdfium2.PdfDocument:
    try:
        document = pypdfium2.PdfDocument(data)
        count = len(document)
    except pypdfium2.PdfiumError as exc:
        if getattr(exc, "err_code", None) == raw.FPDF_ERR_PASSWORD or "assword" in str(exc):
            raise UnreadableFile(
                f"{name} is protected with a password.", hint="Save a copy without protection."
            ) from exc
        raise UnreadableFile(f"{name} is a damaged PDF.", hint="Export it again.") from exc
    if count == 0:
        raise UnreadableFile(f"{name} is a damaged PDF: it has no pages.", hint="Export it again.")
    if count > MOST_PAGES:
        raise UnreadableFile(
            f"{name} has {count} pages; {MOST_PAGES} is the most.", hint="Split it into chapters."
        )
    return document


def _title(document: pypdfium2.PdfDocument) -> str:
    try:
        return str(document.get_metadata_value("Title") or "").strip()
    except UnicodeDecodeError:  # broken UTF-16: the pages are read all the same
        return ""


def _read(document: pypdfium2.PdfDocument, name: str) -> tuple[list[list[Line]], list[int]]:
    """Return the lines of each page, and the numbers of pages that are pictures only."""
    pages: list[list[Line]] = []
    scanned: list[int] = []
    for index in range(len(document)):
        try:
            page = document[index]
        except pypdfium2.PdfiumError as exc:
            raise UnreadableFile(
                f"{name} is damaged: page {index + 1} cannot be read.", hint="Export it again."
            ) from exc
        pages.append(lines_of(page, index + 1))
        if not pages[-1] and is_picture(page):
            scanned.append(index + 1)
        page.close()
    return pages, scanned


def _refuse_what_is_no_text(pages: Sequence[Sequence[Line]], scanned: Sequence[int], name: str) -> None:
    text = "".join(line.text for lines in pages for line in lines)
    if not text:
        what = "is scanned: its pages are pictures" if scanned else "has no text on any page"
        raise UnreadableFile(
            f"{name} {what}.", hint="Run text recognition (OCR) over it and save the result."
        )
    odd = sum(
        char == "\ufffd" or (char < " " and char != "\t") or "\ue000" <= char <= "\uf8ff" for char in text
    )
    if odd > _UNREADABLE_SHARE * len(text):
        raise UnreadableFile(
            f"{name} hides its text: its fonts do not say which letters they show.",
            hint="Export it again, or run text recognition (OCR) over it.",
        )


def _scanned_pages(name: str, numbers: Sequence[int]) -> str:
    pages = (
        f"page {_ranges(numbers)} is a picture"
        if len(numbers) == 1
        else f"pages {_ranges(numbers)} are pictures"
    )
    return (
        f"{name}: {pages} without text (scanned?) and cannot be searched; the rest is read. "
        "Run text recognition (OCR) over it if there is text to see."
    )


def _ranges(numbers: Sequence[int]) -> str:
    """Return "1-3, 7"."""
    spans: list[list[int]] = []
    for number in numbers:
        if spans and spans[-1][-1] == number - 1:
            spans[-1][1:] = [number]
        else:
            spans.append([number])
    return ", ".join("-".join(map(str, span)) for span in spans)


def _fill(outline: Outline, pages: Sequence[Sequence[Line]], size: float) -> None:
    words = pdf_paragraphs.vocabulary(pages)
    # A paragraph is held back until it is known how the page after it begins.
    held: tuple[int, str] | None = None
    for group in pdf_paragraphs.groups(pages, size):
        if group.form is BlockForm.PROSE and not group.level:
            lines = [line.text for line in group.lines]
            if held is not None and held[0] < group.page and _goes_on(held[1], lines[0]):
                held, lines = _carried(held, lines, words)
            _release(outline, held)
            held = (group.page, pdf_paragraphs.joined(lines, words)) if lines else None
            continue
        _release(outline, held)
        held = None
        _add(outline, group, words)
    _release(outline, held)


def _goes_on(text: str, line: str) -> bool:
    return not text.endswith(_SENTENCE_ENDS) and (line[:1].islower() or text.endswith("-"))


def _carried(
    held: tuple[int, str], lines: Sequence[str], words: frozenset[str]
) -> tuple[tuple[int, str], list[str]]:
    """Give the rest of a sentence to the page on which it begins; what follows stays on its own page."""
    whole = pdf_paragraphs.joined([held[1], *lines], words)
    start = len(held[1]) - 1
    end = next((end for _start, end in sentences(whole) if end > start), len(whole))
    rest = whole[end:].strip()
    return (held[0], whole[:end].strip()), [rest] if rest else []


def _release(outline: Outline, held: tuple[int, str] | None) -> None:
    if held is not None:
        outline.page = held[0]
        outline.block(held[1], BlockForm.PROSE)


def _add(outline: Outline, group: Group, words: frozenset[str]) -> None:
    outline.page = group.page
    if group.level:
        outline.heading(group.level, pdf_paragraphs.joined([line.text for line in group.lines], words), "")
    elif group.form is BlockForm.ITEM:
        outline.block("\n".join(pdf_paragraphs.item_lines(group, words)), BlockForm.ITEM)
    elif group.form is BlockForm.CODE:
        outline.block(fenced("\n".join(pdf_paragraphs.code_lines(group))), BlockForm.CODE)
    elif len(group.lines) == 1:  # one row makes no table
        outline.block(" ".join(group.lines[0].text.split()), BlockForm.PROSE)
    else:
        outline.block("\n".join(pdf_paragraphs.table_rows(group)), BlockForm.TABLE)
