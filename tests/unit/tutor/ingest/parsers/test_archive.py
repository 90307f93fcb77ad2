import pytest

from lectern.tutor.errors import UnreadableFile
from lectern.tutor.ingest.parsers import archive as module
from lectern.tutor.ingest.parsers.archive import Archive
from tests.written_files import archive


def _refused(files: dict[str, bytes], *reads: str) -> str:
    with pytest.raises(UnreadableFile) as caught:
        _read(archive(files), reads)
    return str(caught.value)


def _read(data: bytes, parts: tuple[str, ...]) -> None:
    opened = Archive(data, "x.docx", "a Word document")
    for part in parts:
        opened.read(part)


def test_parts_are_read_by_name() -> None:
    opened = Archive(archive({"a/b.xml": b"<a/>"}), "x.docx", "a Word document")
    assert (opened.read("a/b.xml"), opened.names) == (b"<a/>", {"a/b.xml"})


def test_a_part_that_is_missing_is_damage() -> None:
    assert _refused({"a": b""}, "b") == "x.docx is damaged: b is missing. Export it again."


def test_bytes_of_one_part_are_bounded_before_it_is_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_PART_BYTES", 10)
    assert "x.docx unpacks to more than is read" in _refused({"a": b"x" * 11}, "a")


def test_bytes_of_all_parts_that_are_read_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_READ_BYTES", 10)
    assert "x.docx unpacks to more than is read" in _refused({"a": b"x" * 6, "b": b"x" * 6}, "a", "b")


def test_bytes_of_the_whole_are_bounded_though_most_of_it_is_not_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "MOST_UNPACKED_BYTES", 10)
    assert "x.docx unpacks to more than is read" in _refused({"a": b"x" * 6, "b": b"x" * 6})


def test_a_part_that_is_packed_too_tightly_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_RATIO", 20)
    assert "packed more than 20 times smaller" in _refused({"a": b" " * 2_000_000}, "a")


@pytest.mark.parametrize(
    ("part", "target", "name"),
    [
        pytest.param("word/document.xml", "styles.xml", "word/styles.xml", id="beside"),
        pytest.param("ppt/slides/slide1.xml", "../notes/n1.xml", "ppt/notes/n1.xml", id="above"),
        pytest.param("word/document.xml", "/word/styles.xml", "word/styles.xml", id="from-the-root"),
        pytest.param("content.opf", "a.xhtml#b", "a.xhtml", id="fragment"),
    ],
)
def test_what_a_part_points_at_is_found(part: str, target: str, name: str) -> None:
    assert Archive(archive({"a": b""}), "x.docx", "a Word document").beside(part, target) == name
