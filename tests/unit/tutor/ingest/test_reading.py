import os
from pathlib import Path

import pytest

from lectern.tutor.ingest import reading
from lectern.tutor.ingest.formats import Format
from lectern.tutor.ingest.reading import Material, read_material
from tests.written_files import Picture, lines, notebook, pdf

MODULE = '<document xmlns="http://cnx.rice.edu/cnxml"><title>M</title><content><para>Text.</para></content></document>'


def _write(folder: Path, files: dict[str, str | bytes]) -> Path:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def _keys(material: Material) -> list[str]:
    return [document.key for document in material.documents]


def test_a_folder_is_read_in_order_of_names_under_keys_relative_to_it(tmp_path: Path) -> None:
    _write(tmp_path, {"b.md": "B.", "a/z.txt": "Z.", "a.html": "<p>A.", "a/b/c.markdown": "C."})
    material = read_material([tmp_path])
    assert _keys(material) == ["a.html", "b.md", "a/z.txt", "a/b/c.markdown"]
    assert material.problems == ()
    assert material.complete


def test_a_module_is_known_by_its_folder_however_it_was_named(tmp_path: Path) -> None:
    _write(tmp_path, {"modules/m1/index.cnxml": MODULE, "modules/m2/index.cnxml": MODULE})
    assert _keys(read_material([tmp_path])) == ["modules/m1", "modules/m2"]
    assert _keys(read_material([tmp_path / "modules/m1"])) == ["m1"]
    assert _keys(read_material([tmp_path / f"modules/m{n}/index.cnxml" for n in (1, 2)])) == ["m1", "m2"]


def test_what_comes_with_material_is_counted_and_left_out(tmp_path: Path) -> None:
    _write(
        tmp_path,
        {"a.md": "A.", "README.md": "R.", "LICENSE.txt": "L.", "p.png": b"\x89PNG", "META-INF/b.md": "B."},
    )
    _write(tmp_path, {".hidden.md": "H.", ".git/c.md": "C.", "collections/x.xml": "<x/>"})
    material = read_material([tmp_path])
    assert (_keys(material), material.skipped, material.problems) == (["a.md"], 4, ())


def test_what_was_named_is_read_or_becomes_a_problem(tmp_path: Path) -> None:
    _write(tmp_path, {"README.md": "R.", "slides.key": b"PK"})
    material = read_material([tmp_path / "README.md", tmp_path / "slides.key"])
    assert _keys(material) == ["README.md"]
    assert "slides.key is of a kind that is not read" in material.problems[0].reason
    assert ".cnxml" in material.problems[0].reason


def test_links_are_not_followed(tmp_path: Path) -> None:
    course = _write(tmp_path / "course", {"a.md": "A."})
    _write(tmp_path, {"secret.md": "S."})
    (course / "loop").symlink_to(course)
    (course / "out.md").symlink_to(tmp_path / "secret.md")
    assert _keys(read_material([course])) == ["a.md"]


def test_characters_that_no_database_stores_are_replaced(tmp_path: Path) -> None:
    source = "# Tea \ud83d\n\nTea is a drink \ud800 of leaves.\n"
    cells = [
        {"cell_type": "markdown", "source": source},
        {"cell_type": "code", "source": "print('a\0b')", "outputs": []},
    ]
    (tmp_path / "a.ipynb").write_bytes(notebook(*cells))
    (document,) = read_material([tmp_path]).documents
    texts = [document.title, *(f"{passage.heading_path} {passage.text}" for passage in document.passages)]
    assert "print('a\N{REPLACEMENT CHARACTER}b')" in texts[-1]
    for text in texts:
        assert "\0" not in text
        text.encode()


def test_one_bad_file_stops_no_other(tmp_path: Path) -> None:
    _write(
        tmp_path,
        {"1.md": "", "2.md": b"a\0b", "3.cnxml": "<document><x>", "4.md": "Fine.", "5.md": b"%PDF-1.4"},
    )
    material = read_material([tmp_path])
    assert _keys(material) == ["4.md"]
    assert [problem.document for problem in material.problems] == ["1.md", "2.md", "3.cnxml", "5.md"]
    assert all(problem.document in problem.reason for problem in material.problems)
    assert material.complete


def test_a_name_that_is_no_utf8_is_spelled_with_escapes(tmp_path: Path) -> None:
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.md")).write_text("Coffee.")
    assert _keys(read_material([tmp_path])) == ["caf\\udce9.md"]
    missing = read_material([tmp_path / os.fsdecode(b"th\xe9.md")])
    assert missing.problems[0].document.endswith("th\\udce9.md")


def test_a_file_that_is_met_twice_is_one_document(tmp_path: Path) -> None:
    _write(tmp_path, {"a/x.md": "X."})
    assert _keys(read_material([tmp_path, tmp_path / "a", tmp_path / "a/x.md"])) == ["a/x.md"]


def test_what_is_not_there_is_a_problem_and_makes_the_material_incomplete(tmp_path: Path) -> None:
    _write(tmp_path, {"a.md": "A."})
    material = read_material([tmp_path / "none", tmp_path / "a.md"])
    assert _keys(material) == ["a.md"]
    assert f"There is no file or folder {tmp_path / 'none'}" in material.problems[0].reason
    assert not material.complete


def test_a_pipe_is_a_problem_and_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.md")
    assert "neither a file nor a folder" in read_material([tmp_path / "a.md"]).problems[0].reason
    assert read_material([tmp_path]).documents == ()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may open everything")
def test_a_closed_folder_is_a_problem_and_makes_the_material_incomplete(tmp_path: Path) -> None:
    _write(tmp_path, {"closed/a.md": "A.", "b.md": "B."})
    (tmp_path / "closed").chmod(0)
    try:
        material = read_material([tmp_path])
    finally:
        (tmp_path / "closed").chmod(0o700)
    assert _keys(material) == ["b.md"]
    assert "cannot be opened" in material.problems[0].reason
    assert not material.complete


def test_a_file_that_is_too_large_is_a_problem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    small = Format(parser="markdown", most_bytes=2_000_000)
    monkeypatch.setitem(reading.FORMATS, ".md", small)
    _write(tmp_path, {"a.md": "word " * 500_000})
    assert "a.md has 2 MB; 2 MB is the most" in read_material([tmp_path]).problems[0].reason


def test_equal_names_from_two_folders_do_not_meet(tmp_path: Path) -> None:
    _write(tmp_path, {"one/a.md": "A.", "two/a.md": "B.", "deep/two/a.md": "C."})
    material = read_material([tmp_path / "one", tmp_path / "two", tmp_path / "deep/two"])
    assert _keys(material) == ["a.md", "two/a.md", "two/a.md (2)"]
    assert len({passage.id for document in material.documents for passage in document.passages}) == 3


def test_a_file_that_could_not_be_read_keeps_its_name(tmp_path: Path) -> None:
    _write(tmp_path, {"one/a.md": "", "two/a.md": "B."})
    material = read_material([tmp_path / "one", tmp_path / "two"])
    assert ([problem.document for problem in material.problems], _keys(material)) == (["a.md"], ["two/a.md"])


def test_the_hash_changes_with_the_bytes_and_with_the_parsers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _write(tmp_path, {"a.md": "A."})
    first = read_material([tmp_path]).documents[0].content_sha
    assert read_material([tmp_path]).documents[0].content_sha == first
    monkeypatch.setattr(reading, "_VERSION", "next")
    assert read_material([tmp_path]).documents[0].content_sha != first
    monkeypatch.undo()
    _write(tmp_path, {"a.md": "B."})
    assert read_material([tmp_path]).documents[0].content_sha != first


def test_what_is_known_by_its_bytes_is_not_parsed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _write(tmp_path, {"a.md": "A.", "b.md": "B."})
    have = {document.key: document.content_sha for document in read_material([tmp_path]).documents}
    asked: list[str] = []
    monkeypatch.setattr(reading.ParsingProcess, "parse", lambda _self, _path, key, *_: asked.append(key))
    material = read_material([tmp_path], known=lambda name, sha: have.get(name) == sha)
    assert (material.unchanged, material.documents, asked) == (("a.md", "b.md"), (), [])


def test_only_what_changed_is_parsed_again(tmp_path: Path) -> None:
    _write(tmp_path, {"a.md": "A.", "b.md": "B."})
    have = {document.key: document.content_sha for document in read_material([tmp_path]).documents}
    _write(tmp_path, {"b.md": "B, but better."})
    material = read_material([tmp_path], known=lambda name, sha: have.get(name) == sha)
    assert (material.unchanged, _keys(material)) == (("a.md",), ["b.md"])


def test_scanned_pages_are_a_problem_of_a_document_that_is_read(tmp_path: Path) -> None:
    _write(tmp_path, {"a.pdf": pdf(lines(["Text."]), [Picture()])})
    material = read_material([tmp_path])
    assert _keys(material) == ["a.pdf"]
    assert [(problem.document, problem.partial) for problem in material.problems] == [("a.pdf", True)]
    assert "page 2 is a picture without text" in material.problems[0].reason


def test_progress_is_told_after_each_file(tmp_path: Path) -> None:
    _write(tmp_path, {"a.md": "A.", "b.md": "", "c.png": "x"})
    seen: list[str] = []
    read_material([tmp_path], on_file=lambda path: seen.append(path.name))
    assert seen == ["a.md", "b.md", "c.png"]
