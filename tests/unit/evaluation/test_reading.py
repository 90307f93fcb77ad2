"""Question files and material as they are given, and what is said of wrong ones."""

import json
from pathlib import Path
from typing import Any

import pytest

from evaluation.measuring.material import Material, read_files, read_passages
from evaluation.measuring.questions import WrongInput, read_questions
from evaluation.measuring.trials import kit_trials, trial
from lectern.tutor.domain.course import StagedDocument

ROW = {"id": "q1", "question": "What is a wall?", "gold_module": "walls"}


def written(path: Path, *rows: Any) -> Path:
    path.write_text("".join(f"{row if isinstance(row, str) else json.dumps(row)}\n" for row in rows))
    return path


def test_a_question_needs_an_id_and_a_text_and_is_answerable_unless_said(tmp_path: Path) -> None:
    read = read_questions(written(tmp_path / "own.jsonl", ROW, "", {**ROW, "id": "q2", "answerable": False}))
    assert read.name == "own"
    assert [one.answerable for one in read.questions] == [True, False]
    assert [one.has_gold for one in read.questions] == [True, False]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("{", "line 2 is no JSON"),
        ("[]", "line 2 is no JSON object"),
        ({**ROW, "question": " "}, "line 2: `question` is ' '"),
        ({**ROW, "id": 7}, "line 2: `id` is 7"),
        ({**ROW, "answerable": "no"}, "line 2: `answerable` is 'no'"),
    ],
    ids=["broken", "list", "no text", "number", "word"],
)
def test_a_wrong_line_is_named(tmp_path: Path, row: Any, said: str) -> None:
    path = written(tmp_path / "q.jsonl", {**ROW, "id": "q0"}, row)
    with pytest.raises(WrongInput) as raised:
        read_questions(path)
    assert said in str(raised.value)
    assert str(path) in str(raised.value)


def test_a_missing_file_and_an_empty_one_are_sentences(tmp_path: Path) -> None:
    with pytest.raises(WrongInput, match="No such file"):
        read_questions(tmp_path / "none.jsonl")
    with pytest.raises(WrongInput, match="holds no question"):
        read_questions(written(tmp_path / "empty.jsonl"))


def test_a_folder_is_read_as_an_ingest_reads_it_without_exercises(tmp_path: Path) -> None:
    text = "# Walls\n\nA wall protects.\n\n## Exercises\n\nBuild a wall of bricks.\n"
    (tmp_path / "week_1").mkdir()
    (tmp_path / "week_1/walls.md").write_text(text)
    read = read_files([tmp_path])
    assert [one.name for one in read.documents] == ["week_1/walls.md"]
    assert "A wall protects." in read.passages[0].text
    assert "bricks" not in " ".join(passage.text for passage in read.passages)


def material(*names: str) -> Material:
    documents = (StagedDocument(name=name, title=name, content_sha="", passages=()) for name in names)
    return Material(documents=tuple(documents))


def test_a_gold_document_may_be_named_by_its_path_its_last_part_or_without_the_ending() -> None:
    course = material("a/walls.md", "b/salt.md", "a/salt.md")
    for name in ("a/walls.md", "walls.md", "walls"):
        assert course.document_of(name) == "a/walls.md"
    assert course.document_of("gone") == "gone"
    with pytest.raises(WrongInput, match=r"could be b/salt\.md or a/salt\.md"):
        course.document_of("salt.md")
    assert [one.name for one in course.without(["walls"]).documents] == ["b/salt.md", "a/salt.md"]


def test_questions_on_documents_that_the_course_has_not_are_not_asked(tmp_path: Path) -> None:
    with pytest.raises(WrongInput, match=r"none of the documents .* such as 'salt'"):
        trial("course", material("walls.md"), [written(tmp_path / "q.jsonl", {**ROW, "gold_module": "salt"})])


def test_an_id_that_comes_twice_is_told(tmp_path: Path) -> None:
    paths = [written(tmp_path / f"{name}.jsonl", ROW) for name in "ab"]
    with pytest.raises(WrongInput, match="'q1' is given to two questions"):
        trial("course", material("walls.md"), paths)


def test_passages_are_read_as_given_a_module_being_a_document(tmp_path: Path) -> None:
    rows = [
        {"module": "m1", "text": "One wall."},
        {"module": "m1", "text": "One wall."},
        {"module": "m2", "text": "Salt."},
    ]
    read = read_passages(written(tmp_path / "p.jsonl", *rows))
    assert [(one.name, len(one.passages)) for one in read.documents] == [("m1", 2), ("m2", 1)]
    assert len({passage.id for passage in read.passages}) == 3
    assert [passage.start for passage in read.documents[0].passages] == [0, 10]
    with pytest.raises(WrongInput, match="do not stand together"):
        read_passages(written(tmp_path / "mixed.jsonl", *rows, rows[0]))
    with pytest.raises(WrongInput, match="line 1: `text` is None"):
        read_passages(written(tmp_path / "none.jsonl", {"module": "m"}))


def test_a_missing_kit_tells_how_to_measure_an_own_course(tmp_path: Path) -> None:
    with pytest.raises(WrongInput, match=r"holds no evaluation kit.*measure-your-course"):
        kit_trials(tmp_path, "given")
