"""Stored outcomes, and what counts as a drop against them."""

from dataclasses import replace
from pathlib import Path

import pytest

from evaluation.measuring import baseline
from evaluation.measuring.outcomes import Outcome
from evaluation.measuring.questions import Question, QuestionSet, WrongInput

OWN = tuple(
    Question(id=f"q{at:02}", question="?", kind="k", answerable=True, gold_module="m", gold_document="m")
    for at in range(40)
)
FOREIGN = tuple(Question(id=f"x{at:02}", question="?", kind="k", answerable=False) for at in range(40))
SETS = [QuestionSet(name="own", questions=OWN), QuestionSet(name="foreign", questions=FOREIGN)]


def good(question: Question) -> Outcome:
    return Outcome(
        id=question.id, rank=1, right=question.answerable, confidence=0.9, declined=not question.answerable,
        cites_gold=question.answerable, defines=False,
    )  # fmt: skip


GOOD = {question.id: good(question) for question in OWN + FOREIGN}


def worse(count: int, **changes: object) -> dict[str, Outcome]:
    changed = {question.id: replace(GOOD[question.id], **changes) for question in OWN[:count]}  # type: ignore[arg-type]
    return {**GOOD, **changed}


def test_outcomes_come_back_as_they_were_stored(tmp_path: Path) -> None:
    path = tmp_path / "new" / "baseline.csv"
    outcomes = [replace(GOOD["q00"], confidence=None, defines=True, rank=7), GOOD["x00"]]
    baseline.store(path, outcomes)
    assert baseline.load(path) == {one.id: one for one in outcomes}


def test_nothing_changed_is_no_drop() -> None:
    assert baseline.drops(baseline.compare(SETS, GOOD, GOOD)) == []


def test_a_fall_of_a_quarter_is_a_drop_that_names_set_measure_and_size() -> None:
    dropped = baseline.drops(baseline.compare(SETS, worse(10, rank=6), GOOD))
    # 30 · 1 + 10 · 1/6 less 40, by 40: −.2083; no other measure fell.
    assert [one.split(" fell by ")[0] for one in dropped] == ["own: hit@5", "own: mrr@10"]
    assert "0.2500" in dropped[0]
    assert "0.2083" in dropped[1]


def test_one_question_of_forty_may_be_chance() -> None:
    assert baseline.drops(baseline.compare(SETS, worse(1, rank=0, right=False), GOOD)) == []


def test_answers_to_foreign_questions_and_refusals_of_own_ones_are_drops() -> None:
    answered = {one.id: replace(GOOD[one.id], declined=False) for one in FOREIGN[:10]}
    dropped = baseline.drops(baseline.compare(SETS, {**worse(10, declined=True), **answered}, GOOD))
    assert [one.split(" fell by ")[0] for one in dropped] == ["own: answered", "foreign: declined_rightly"]


def test_a_confidence_that_is_further_off_is_a_drop_though_all_answers_are_the_same() -> None:
    dropped = baseline.drops(baseline.compare(SETS, worse(20, confidence=0.3), GOOD))
    assert [one.split(" fell by ")[0] for one in dropped] == ["own: confidence"]


def test_questions_that_the_baseline_lacks_take_no_part() -> None:
    known = {name: one for name, one in GOOD.items() if name == "q00"}
    compared = baseline.compare(SETS, worse(40, rank=0), known)
    assert compared["own"]["hit@5"]["n"] == 1
    assert "foreign" not in compared


def test_a_file_that_is_no_baseline_is_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "baseline.csv"
    path.write_text("id,rank\nq,one\n")
    with pytest.raises(WrongInput, match=r"cannot be read .* Store it anew"):
        baseline.load(path)
