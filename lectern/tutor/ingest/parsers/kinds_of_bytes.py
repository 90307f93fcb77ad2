"""What a file's first bytes say that it is, whatever its name says."""

from lectern.tutor.errors import UnreadableFile

#: How formats begin; some hold no NUL and would pass for text.
_MARKS = (
    (b"%PDF-", "a PDF"),
    (b"{\\rtf", "an RTF document"),
    (b"PK\x03\x04", "a ZIP archive (or an office document)"),
    (b"PK\x05\x06", "an empty ZIP archive"),
    (b"\xd0\xcf\x11\xe0", "an old office document"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"\x1f\x8b", "a compressed file"),
    (b"7z\xbc\xaf", "a compressed file"),
    (b"Rar!", "a compressed file"),
    (b"SQLite format 3", "a database"),
)
_BLANK = b" \t\r\n\f\0\xef\xbb\xbf"


def other_kind(data: bytes) -> str:
    """Return what a file is in words, by its first bytes; "" when they tell nothing."""
    return next((what for mark, what in _MARKS if data.startswith(mark)), "")


def is_blank(data: bytes) -> bool:
    """Return True for nothing but blanks and zeros."""
    return not data.strip(_BLANK)


def require_kind(data: bytes, name: str, wanted: str, mark: bytes, *, within: int = 0) -> None:
    """Raise `UnreadableFile` unless `mark` stands at the beginning, or within the first bytes."""
    if is_blank(data):
        raise UnreadableFile(f"{name} is empty.", hint="Remove it or export it again.")
    if data.startswith(mark) or mark in data[:within]:
        return
    start = data[:1024].lstrip(_BLANK).lower()
    what = other_kind(data) or ("a web page" if start.startswith((b"<!doctype html", b"<html")) else "")
    raise UnreadableFile(
        f"{name} is {what or 'something else'}, not {wanted}.",
        hint="Give it the ending of its kind, or export it again.",
    )
