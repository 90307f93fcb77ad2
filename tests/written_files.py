"""Files of every kind that is read, written byte by byte or by the libraries that people's programs use."""

import hashlib
import io
import json
import struct
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

#: What the fonts of `pdf` are called in a page's content: regular, bold, and one of equal widths.
REGULAR, BOLD, FIXED = "F1", "F2", "F3"


@dataclass(frozen=True)
class Printed:
    """A line of a PDF's page. Lengths are in points, from the lower left corner of 612 × 792."""

    text: str
    y: float
    x: float = 72
    size: float = 11
    font: str = REGULAR


@dataclass(frozen=True)
class Picture:
    """A grey square, as a scanner leaves one over the whole page."""


Page = Sequence[Printed | Picture]


def pdf(*pages: Page, title: str = "") -> bytes:
    """Return a PDF of these pages."""
    fonts = {REGULAR: "Helvetica", BOLD: "Helvetica-Bold", FIXED: "Courier"}
    objects = ["<< /Type /Catalog /Pages 2 0 R >>", ""]
    objects += [
        f"<< /Type /Font /Subtype /Type1 /BaseFont /{base} /Encoding /WinAnsiEncoding >>"
        for base in fonts.values()
    ]
    objects += [
        "<< /Type /XObject /Subtype /Image /Width 1 /Height 1 /ColorSpace /DeviceGray /BitsPerComponent 8 /Length 1 >>"
        "\nstream\n\x80\nendstream",
        f"<< /Title ({title}) >>",
    ]
    kids = []
    for page in pages:
        content = "\n".join(_drawn(one) for one in page)
        objects.append(f"<< /Length {len(content.encode('cp1252'))} >>\nstream\n{content}\nendstream")
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents {len(objects)} 0 R /Resources "
            "<< /Font << /F1 3 0 R /F2 4 0 R /F3 5 0 R >> /XObject << /Im 6 0 R >> >> >>"
        )
        kids.append(f"{len(objects)} 0 R")
    objects[1] = f"<< /Type /Pages /Count {len(kids)} /Kids [{' '.join(kids)}] >>"
    return pdf_of_objects(objects, info=7)


def _drawn(one: Printed | Picture) -> str:
    if isinstance(one, Picture):
        return "q 612 0 0 792 0 0 cm /Im Do Q"
    text = one.text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
    return f"BT /{one.font} {one.size} Tf {one.x} {one.y} Td ({text}) Tj ET"


def pdf_of_objects(
    objects: Sequence[str], *, info: int = 0, trailer: str = "", encoding: str = "cp1252"
) -> bytes:
    """Return a PDF of these objects, numbered from 1; the first is the catalog."""
    out, offsets = bytearray(b"%PDF-1.4\n"), []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += f"{number} 0 obj\n{body}\nendobj\n".encode(encoding, errors="replace")
    start = len(out)
    out += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode()
    out += b"".join(f"{offset:010} 00000 n \n".encode() for offset in offsets)
    said = f"/Info {info} 0 R " if info else ""
    out += f"trailer << /Size {len(objects) + 1} /Root 1 0 R {said}{trailer}>>\nstartxref\n{start}\n%%EOF".encode()
    return bytes(out)


def lines(text: Sequence[str], *, top: float = 700, step: float = 13.2, **how: float) -> list[Printed]:
    """Return lines of a paragraph, one below the other."""
    return [Printed(line, top - number * step, **how) for number, line in enumerate(text)]  # type: ignore[arg-type]


def archive(files: Mapping[str, str | bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Return a ZIP archive."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as packed:
        for name, content in files.items():
            packed.writestr(name, content)
    return out.getvalue()


def notebook(*cells: Mapping[str, object], language: str = "python", **more: object) -> bytes:
    """Return a Jupyter notebook in today's format."""
    metadata = {"language_info": {"name": language}}
    return json.dumps(
        {"cells": list(cells), "metadata": metadata, "nbformat": 4, "nbformat_minor": 5, **more}
    ).encode()


#: What an EPUB has besides its chapters; `{items}` and `{references}` name these.
_CONTAINER = (
    '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
    '<rootfile full-path="OEBPS/content.opf" media-type="application/oebps-package+xml"/></rootfiles></container>'
)
_PACKAGE = (
    '<package xmlns="http://www.idpf.org/2007/opf" xmlns:dc="http://purl.org/dc/elements/1.1/" version="3.0"><metadata>'
    "<dc:title>{title}</dc:title><dc:language>en-GB</dc:language></metadata>"
    "<manifest>{items}</manifest><spine>{references}</spine></package>"
)


def epub(
    chapters: Mapping[str, str], *, title: str = "A Book", more: Mapping[str, str] | None = None
) -> bytes:
    """Return an EPUB; each chapter is the inside of its <body>, or a whole page."""
    items = "".join(
        f'<item id="c{number}" href="{name}" media-type="application/xhtml+xml"{_nav(name)}/>'
        for number, name in enumerate(chapters)
    )
    references = "".join(f'<itemref idref="c{number}"/>' for number in range(len(chapters)))
    pages = {
        f"OEBPS/{name}": text
        if text.startswith("<") and "<html" in text
        else f'<?xml version="1.0" encoding="UTF-8"?><html xmlns="http://www.w3.org/1999/xhtml" '
        f'xmlns:epub="http://www.idpf.org/2007/ops"><head><title/></head><body>{text}</body></html>'
        for name, text in chapters.items()
    }
    return archive(
        {
            "mimetype": "application/epub+zip",
            "META-INF/container.xml": _CONTAINER,
            "OEBPS/content.opf": _PACKAGE.format(title=title, items=items, references=references),
            **pages,
            **(more or {}),
        }
    )


def _nav(name: str) -> str:
    return ' properties="nav"' if name.startswith("nav") else ""


#: What the PDF standard pads passwords with.
_PADDING = bytes.fromhex("28BF4E5E4E758A4164004E56FFFA01082E2E00B6D0683E802F0CA9FE6453697A")


def pdf_that_forbids_copying(text: str) -> bytes:
    """Return a PDF as teachers get them from publishers: encrypted, opened without a password, not to be copied from."""
    identity, permissions = b"0123456789abcdef", -60
    owner = _rc4(hashlib.md5(_PADDING).digest()[:5], _PADDING)
    key = hashlib.md5(_PADDING + owner + struct.pack("<i", permissions) + identity).digest()[:5]
    user = _rc4(key, _PADDING)
    content = _drawn(Printed(text, 700)).encode()
    content = _rc4(hashlib.md5(key + bytes([4, 0, 0, 0, 0])).digest()[:10], content)
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Count 1 /Kids [3 0 R] >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
        f"<< /Length {len(content)} >>\nstream\n{content.decode('latin-1')}\nendstream",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        f"<< /Filter /Standard /V 1 /R 2 /P {permissions} /O <{owner.hex()}> /U <{user.hex()}> >>",
    ]
    trailer = f"/Encrypt 6 0 R /ID [<{identity.hex()}> <{identity.hex()}>] "
    return pdf_of_objects(objects, trailer=trailer, encoding="latin-1")


def _rc4(key: bytes, data: bytes) -> bytes:
    state, j = list(range(256)), 0
    for i in range(256):
        j = (j + state[i] + key[i % len(key)]) % 256
        state[i], state[j] = state[j], state[i]
    out, i, j = bytearray(), 0, 0
    for byte in data:
        i = (i + 1) % 256
        j = (j + state[i]) % 256
        state[i], state[j] = state[j], state[i]
        out.append(byte ^ state[(state[i] + state[j]) % 256])
    return bytes(out)
