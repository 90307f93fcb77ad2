"""course_gaps, answer_gap and course_mode: what they show to people and to machines."""

import io
import json
from typing import Any
from uuid import UUID

import pytest

from lectern.entrypoints.asking import submit
from tests.engine_house import claim, succeed
from tests.integration.entrypoints.commands.conftest import Console

pytestmark = pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")

NEAR = ["Loops › For loops"]


@pytest.fixture
def tea(console: Console) -> Console:
    console.lesson("tea", "Ada")
    console.ingest()
    return console


def _declined(console: Console, question: str, nearest: list[str], comment: str = "") -> None:
    run_id: UUID = submit("anna", question, {"course_id": "tea"}).id
    run = claim(run_id, UUID(int=1), "Working", console.lectern.engine.runs)
    assert run is not None
    result: dict[str, Any] = {
        "answer": "No.", "sources": [], "confidence": 0.1, "declined": True, "nearest": nearest, "question_type": "simple",
    }  # fmt: skip
    succeed(run, result, console.lectern.engine.runs)
    if comment:
        from lectern.tutor.domain.gap import Rating

        console.lectern.desk.rate(run_id, "anna", Rating.DOWN, comment)


def test_course_gaps_shows_sections_with_their_questions(tea: Console) -> None:
    for question in ("What is a for loop?", "what's a for loop", "Who painted it?"):
        _declined(
            tea,
            question,
            NEAR if "loop" in question else [],
            "I need [bold]this[/bold]." if "Who" in question else "",
        )
    out = tea.run("course_gaps", "tea").out.splitlines()
    assert out[0] == "Gaps of tea: 3 of 3 answered questions, 3 of them open, near 2 sections"
    assert out[1].split()[:3] == ["section", "question", "times"]
    assert out[2].startswith("Loops › For loops")
    assert out[3].split()[:8] == ["what's", "a", "for", "loop", "2", "2", "2", "0"]
    assert any(line.startswith("(near no section)") for line in out)
    assert any("I need [bold]this[/bold]." in line for line in out)
    shown = json.loads(tea.run("course_gaps", "tea", "--json", "--limit", "1").out)
    assert [gap["section"] for gap in shown["gaps"]] == NEAR
    assert tea.run("course_gaps", "tea", "--limit", "1").out.endswith("1 more sections: --offset 1\n")


def test_course_gaps_without_any_says_none(tea: Console) -> None:
    assert tea.run("course_gaps", "tea").out.endswith("near 0 sections: none\n")
    assert "'nowhere'" in tea.run("course_gaps", "nowhere").err


def test_answer_gap_makes_an_answer_that_is_found_listed_and_removed(tea: Console) -> None:
    _declined(tea, "What is a Quibble?", [])
    ended = tea.run(
        "answer_gap", "tea", "What is a Quibble?", "--text", "A Quibble is a small quarrel about tea."
    )
    assert (ended.status, ended.out) == (
        0,
        "tea answers it from now on, citing teacher-answers/what-is-a-quibble-0214234e.md.\n",
    )
    assert "small quarrel" in tea.finds("Quibble")
    shown = json.loads(tea.run("course_gaps", "tea", "--json").out)
    assert (shown["open"], shown["gaps"][0]["questions"][0]["answered_by"] is not None) == (0, True)
    (listed,) = json.loads(tea.run("answer_gap", "tea", "--list", "--json").out)
    assert listed["indexed_at"]
    assert "small quarrel" in tea.run("answer_gap", "tea", "--list").out
    removed = tea.run("answer_gap", "tea", "--remove", listed["answer_id"])
    assert removed.status == 0
    assert "small quarrel" not in tea.finds("Quibble")
    assert json.loads(tea.run("course_gaps", "tea", "--json").out)["open"] == 1


def test_answer_gap_takes_a_file_or_standard_input_and_says_what_is_wrong(
    tea: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tea.material.parent / "answer.md"
    path.write_text("A Quibble is green.\n")
    assert tea.run("answer_gap", "tea", "What is a Quibble?", "--file", str(path)).status == 0
    monkeypatch.setattr("sys.stdin", io.StringIO("A Quibble is blue.\n"))
    assert tea.run("answer_gap", "tea", "What is a Quibble?").status == 0
    assert "blue" in tea.finds("Quibble")
    assert "green" not in tea.finds("Quibble")
    missing = tea.run("answer_gap", "tea", "Why?", "--file", str(path.with_name("gone.md")))
    assert (missing.status, "cannot be read" in missing.err) == (1, True)
    assert "question must not be empty" in tea.run("answer_gap", "tea", "--text", "x").err
    assert "answer must not be empty" in tea.run("answer_gap", "tea", "Why?", "--text", " ").err
    assert "no teacher's answer 'x'" in tea.run("answer_gap", "tea", "--remove", "x").err


def test_course_mode_sets_and_shows_what_students_get(tea: Console) -> None:
    assert tea.run("course_mode", "tea").out.startswith("tea answers its questions")
    assert tea.run("course_mode", "tea", "hint").out == "tea gives hints, whatever a question asks for.\n"
    assert json.loads(tea.run("course_mode", "tea", "--json").out) == {"course_id": "tea", "mode": "hint"}
    assert tea.run("course_mode", "tea", "answer").status == 0
    assert tea.lectern.tutor.course_for("tea").mode == "answer"
