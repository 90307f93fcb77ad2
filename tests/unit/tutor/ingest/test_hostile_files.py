"""Files that lie, break or want to harm: each gets a sentence, and the lesson beside it is read."""

import io
import json
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from docx import Document
from pptx import Presentation

from lectern.tutor.ingest.reading import read_material
from tests.written_files import Picture, archive, epub, lines, notebook, pdf, pdf_of_objects

_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_BOMB = (
    '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">'
    + "".join(f'<!ENTITY {n} "{f"&{m};" * 10}">' for m, n in zip("abcdefgh", "bcdefghi", strict=True))
    + "]>"
)
_OUTSIDE = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
#: How an office file with a password begins, and the name of the stream that is in it.
_LOCKED_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 504 + "EncryptedPackage".encode("utf-16-le")


def _docx(body: str = "<w:p><w:r><w:t>x</w:t></w:r></w:p>", before: str = "") -> bytes:
    document = f'{before}<w:document xmlns:w="{_WORD}"><w:body>{body}</w:body></w:document>'
    return archive({"[Content_Types].xml": "<Types/>", "word/document.xml": document})


def _bomb_of_zeros() -> bytes:
    return archive({"word/document.xml": b" " * 150_000_000})


def _announced_small() -> bytes:
    """An archive whose part says that it is small and unpacks to a hundred times that."""
    packed = bytearray(archive({"word/document.xml": b"<a>" + b"x" * 5_000_000}))
    for mark, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        position = packed.index(mark) + offset
        packed[position : position + 4] = struct.pack("<I", 50_000)
    return bytes(packed)


def _locked_zip() -> bytes:
    packed = bytearray(_docx())
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        position = packed.rindex(mark) + offset
        packed[position] |= 1
    return bytes(packed)


def _pages_without_end() -> bytes:
    return pdf_of_objects(
        [
            "<< /Type /Catalog /Pages 2 0 R >>",
            "<< /Type /Pages /Count 5000 /Kids [" + "3 0 R " * 5000 + "] >>",
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] >>",
        ]
    )


def _encrypted_pdf() -> bytes:
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Count 0 /Kids [] >>",
        f"<< /Filter /Standard /V 2 /R 3 /Length 128 /P -44 /O <{'ab' * 32}> /U <{'cd' * 32}> >>",
    ]
    return pdf_of_objects(objects, trailer="/Encrypt 3 0 R /ID [<00> <00>] ")


def _pdf_stream_bomb() -> bytes:
    """A page whose content unpacks, in two steps, to more than a process may hold."""
    packer, zeros = zlib.compressobj(1), b"0 " * 500_000
    once = b"".join([*(packer.compress(zeros) for _ in range(800)), packer.flush()])
    packed = zlib.compress(once).decode("latin-1")
    return _pdf_with_content(packed, "/Filter [/FlateDecode /FlateDecode]")


def _pdf_with_content(content: str, how: str) -> bytes:
    out = bytearray(b"%PDF-1.4\n")
    for number, body in enumerate(
        (
            "<< /Type /Catalog /Pages 2 0 R >>",
            "<< /Type /Pages /Count 1 /Kids [3 0 R] >>",
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R >>",
            f"<< /Length {len(content)} {how} >>\nstream\n{content}\nendstream",
        ),
        1,
    ):
        out += f"{number} 0 obj\n{body}\nendobj\n".encode("latin-1")
    return bytes(out) + b"trailer << /Root 1 0 R /Size 5 >>\n%%EOF"


def _drm() -> bytes:
    lock = (
        '<encryption><EncryptedData><CipherData><CipherReference URI="OEBPS/a.xhtml"/></CipherData></EncryptedData>'
        "</encryption>"
    )
    return epub({"a.xhtml": "<p>x</p>"}, more={"META-INF/encryption.xml": lock})


def _saved(document: object) -> bytes:
    out = io.BytesIO()
    document.save(out)  # type: ignore[attr-defined]
    return out.getvalue()


def _deep_json() -> bytes:
    return b'{"cells": ' + b"[" * 200_000 + b"]" * 200_000 + b"}"


_LESSON = pdf(lines(["Text of a page."]))

#: File name -> what it is made of, and a piece of its sentence.
HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    # Empty, and without text.
    "empty.pdf": (lambda: b"", "empty.pdf is empty. Remove it or export it again."),
    "empty.docx": (lambda: b"", "empty.docx is empty."),
    "empty.ipynb": (lambda: b"", "empty.ipynb is empty."),
    "blank.pdf": (lambda: pdf([]), "blank.pdf has no text on any page."),
    "scanned.pdf": (lambda: pdf([Picture()], [Picture()]), "scanned.pdf is scanned: its pages are pictures. Run text"),
    "blank.docx": (lambda: _saved(Document()), "blank.docx has no text in it."),
    "blank.pptx": (lambda: _saved(Presentation()), "blank.pptx has no text in it."),
    "blank.ipynb": (notebook, "blank.ipynb has no text in it."),
    "blank.epub": (lambda: epub({"a.xhtml": "<h1>Only a heading</h1>"}), "blank.epub has no text in it."),
    # Mislabelled.
    "page.pdf": (lambda: b"<!DOCTYPE html><p>x", "page.pdf is a web page, not a PDF. Give it the ending of its kind"),
    "picture.pdf": (lambda: b"\x89PNG\r\n" + b"\0" * 99, "picture.pdf is a picture, not a PDF."),
    "words.docx": (lambda: b"just words", "words.docx is something else, not a Word document."),
    "other.docx": (lambda: archive({"a.txt": "x"}), "other.docx is no Word document, whatever its name says."),
    "slides.docx": (lambda: _saved(Presentation()), "slides.docx is no Word document"),
    "document.pptx": (lambda: _saved(Document()), "document.pptx is no PowerPoint presentation"),
    "old.docx": (lambda: b"\xd0\xcf\x11\xe0" + b"\0" * 600, "old.docx is an old office document, not a Word"),
    "other.epub": (lambda: archive({"a.txt": "x"}), "other.epub is no EPUB, whatever its name says."),
    "list.ipynb": (lambda: b"[1, 2]", "list.ipynb is JSON, but no notebook: it has no cells."),
    "notes.ipynb": (lambda: b"# Notes", "notes.ipynb is no notebook, or a damaged one: it is no valid JSON."),
    "book.md": (lambda: _LESSON, "book.md is a PDF, whatever its name says."),
    # Damaged.
    "cut.pdf": (lambda: b"%PDF-1.7\n1 0 obj\n<<", "cut.pdf is a damaged PDF. Export it again."),
    "cut.docx": (lambda: _docx()[:-40], "cut.docx is damaged. Export it again."),
    "bits.docx": (lambda: _docx().replace(b"word/document.xml", b"word/dXcument.xml", 1), "bits.docx is damaged: word/document.xml cannot be unpacked."),
    "broken.docx": (lambda: _docx("<w:p>"), "broken.docx is damaged: word/document.xml is broken XML."),
    "deep.docx": (lambda: _docx("<w:sdt>" * 5000 + "</w:sdt>" * 5000), "deep.docx is damaged: word/document.xml is broken XML."),
    "deep.ipynb": (_deep_json, "deep.ipynb is no notebook, or a damaged one"),
    "lost.epub": (lambda: archive({"META-INF/container.xml": "<container/>"}), "lost.epub is no EPUB"),
    # Protected.
    "locked.pdf": (_encrypted_pdf, "locked.pdf is protected with a password. Save a copy without protection."),
    "locked.docx": (lambda: _LOCKED_OFFICE, "locked.docx is protected with a password."),
    "locked.pptx": (lambda: _LOCKED_OFFICE, "locked.pptx is protected with a password."),
    "locked-zip.docx": (_locked_zip, "locked-zip.docx is protected with a password."),
    "drm.epub": (_drm, "drm.epub is protected against copying (DRM)."),
    # Bombs.
    "zeros.docx": (_bomb_of_zeros, "zeros.docx is packed more than 200 times smaller than it is"),
    "liar.docx": (_announced_small, "liar.docx is damaged: word/document.xml"),
    "many.docx": (lambda: archive({f"{n}": "" for n in range(10_001)}, zipfile.ZIP_STORED), "many.docx holds 10001 files; 10000 is the most."),
    "entities.docx": (lambda: _docx(before=_BOMB), "entities.docx declares XML entities in word/document.xml"),
    "outside.docx": (lambda: _docx(before=_OUTSIDE), "outside.docx declares XML entities in word/document.xml"),
    "entities.epub": (lambda: epub({"a.xhtml": _BOMB + "<html><body>&i;</body></html>"}), "entities.epub declares XML entities in OEBPS/a.xhtml"),
    "pages.pdf": (_pages_without_end, "pages.pdf has 5000 pages; 2000 is the most. Split it into chapters."),
    "stream.pdf": (_pdf_stream_bomb, "stream.pdf breaks the program that reads it: it is damaged, or needs more than 500 MB"),
}  # fmt: skip


@pytest.fixture(scope="module")
def reasons(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The sentences of all hostile files, which lie in one folder with two lessons."""
    folder = tmp_path_factory.mktemp("material")
    for name, (make, _sentence) in HOSTILE.items():
        (folder / name).write_bytes(make())
    (folder / "a-lesson.pdf").write_bytes(_LESSON)
    (folder / "z-lesson.md").write_text("Text of a lesson.")
    material = read_material([folder])
    assert [document.key for document in material.documents] == ["a-lesson.pdf", "z-lesson.md"]
    assert material.complete
    assert len(material.problems) == len(HOSTILE)
    return {problem.document: problem.reason for problem in material.problems}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_gets_its_sentence_and_the_lessons_beside_it_are_read(
    reasons: dict[str, str], name: str
) -> None:
    assert HOSTILE[name][1] in reasons[name]
    assert name in reasons[name]
    assert "Traceback" not in reasons[name]
    assert "seems damaged (" not in reasons[name], "a parser met what it does not foresee"


def test_nothing_outside_the_file_gets_in(tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("the secret")
    chapter = f'<?xml version="1.0"?><!DOCTYPE html SYSTEM "file://{tmp_path}/secret.txt"><html><body><p>x</p></body></html>'
    (tmp_path / "a.epub").write_bytes(epub({"a.xhtml": chapter, "../../../secret.txt": "<p>y</p>"}))
    (tmp_path / "b.ipynb").write_text(
        json.dumps({"cells": [{"cell_type": "code", "source": {"not": "text"}}, 7]})
    )
    material = read_material([tmp_path / "a.epub", tmp_path / "b.ipynb"])
    assert [p.text for d in material.documents for p in d.passages] == ["x"]
    assert "b.ipynb has no text in it" in material.problems[0].reason
