"""How `make eval` ends: by what the outcomes are beside the stored ones."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from evaluation.measuring import baseline
from evaluation.measuring.measure import Order, finish
from evaluation.measuring.outcomes import Outcome
from evaluation.measuring.questions import Question, QuestionSet

ASKED = tuple(
    Question(id=f"q{at:02}", question="?", kind="k", answerable=True, gold_module="m", gold_document="m")
    for at in range(40)
)
STORED = {
    one.id: Outcome(
        id=one.id, rank=1, right=True, confidence=0.9, declined=False, cites_gold=True, defines=False
    )
    for one in ASKED
}


def ended(out: Path, new: dict[str, Outcome], stored: dict[str, Outcome], **order: Any) -> int:
    """Return the exit status of `make eval` on the kit for these outcomes."""
    found = baseline.compare([QuestionSet(name="own", questions=ASKED)], new, stored)
    compared = {f"course, {name}": measures for name, measures in found.differences.items()}
    pairs = {"compared": found.pairs, "not_asked": found.not_asked, "not_stored": found.not_stored}
    made = {
        "rule": "first_cited", "sample": 0, "language_model": "", "trials": [], "latency": None, "targets": [],
        "compared": compared, "pairs": {"course": pairs}, "drops": baseline.drops(compared),
    }  # fmt: skip
    given: dict[str, Any] = {
        "kit": out, "variants": (), "sets": (), "course": "", "material": (), "passages": None, "questions": (),
        "rule": "first_cited", "sample": None, "latency": 0, "out": out, "store": False,
    }  # fmt: skip
    return finish(Order(**{**given, **order}), made)


def test_outcomes_as_they_were_end_well(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ended(tmp_path, STORED, STORED) == 0
    assert capsys.readouterr().err == ""


def test_a_drop_fails_and_says_which_questions_and_what_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fallen = {name: replace(one, declined=name < "q04") for name, one in STORED.items()}
    assert ended(tmp_path, fallen, STORED) == 1
    said = capsys.readouterr().err
    assert "DROP course, own: answered fell by 0.1000 (95% 0.0250 to 0.2000, 40 questions)" in said
    assert "4 are worse: q00, q01, q02, q03; none are better." in said
    assert (
        f"{tmp_path}/predictions-*.jsonl. Mend it; or, where it is meant, run `make eval BASELINE=store`"
        in said
    )


def test_questions_of_the_kit_that_are_not_stored_fail_and_those_of_a_new_course_do_not(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ended(tmp_path, STORED, {"q00": STORED["q00"], "gone": STORED["q01"]}) == 1
    assert "NOT COMPARED course: nothing is stored of 39 questions (q01, q02," in capsys.readouterr().err
    assert ended(tmp_path, STORED, {}, questions=(tmp_path / "own.jsonl",)) == 0
