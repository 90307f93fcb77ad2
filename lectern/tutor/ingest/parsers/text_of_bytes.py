"""From bytes to text, or to a sentence that says why there is none."""

import codecs

from lectern.tutor.errors import UnreadableFile
from lectern.tutor.ingest.parsers.kinds_of_bytes import is_blank, other_kind

#: UTF-32 first: its mark begins like that of UTF-16.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
#: Share of control characters above which something is no text.
_CONTROL_SHARE = 0.01


def refuse_what_is_no_text(data: bytes, name: str) -> None:
    """Raise `UnreadableFile` for an empty file, and for one whose bytes say that it is of another format."""
    if is_blank(data):
        raise UnreadableFile(f"{name} is empty.", hint="Remove it or put text into it.")
    if what := other_kind(data):
        raise UnreadableFile(
            f"{name} is {what}, whatever its name says.", hint="Give it the ending of its kind."
        )
    if b"\0" in data and not _encoding_of_mark(data):
        raise _no_text(name)


def decode(data: bytes, name: str) -> str:
    """Return the text of a file: UTF-8, UTF-16 with a mark, else cp1252 where that gives plausible text.

    Line ends become "\\n". Raises `UnreadableFile` for an empty or binary file.
    """
    refuse_what_is_no_text(data, name)
    try:
        text = data.decode(_encoding_of_mark(data) or "utf-8")
    except UnicodeDecodeError:
        text = data.decode("cp1252", errors="replace")
    if _odd(text) > len(text) * _CONTROL_SHARE:
        raise _no_text(name)
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")


def whole_characters(text: str) -> str:
    """Return `text` with the halves of characters put together, as UTF-16 has them; a half alone becomes U+FFFD.

    JSON and PDF may hold halves, and no database takes one.
    """
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _encoding_of_mark(data: bytes) -> str:
    return next((encoding for mark, encoding in _MARKS if data.startswith(mark)), "")


def _odd(text: str) -> int:
    return sum((char < " " and char not in "\t\n\r\f\v\x1b") or char == "\ufffd" for char in text)


def _no_text(name: str) -> UnreadableFile:
    return UnreadableFile(f"{name} is no text.", hint="Save it as UTF-8 text, or remove it.")
