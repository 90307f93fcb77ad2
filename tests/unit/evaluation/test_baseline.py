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


def told(new: dict[str, Outcome]) -> list[str]:
    return baseline.drops(baseline.compare(SETS, new, GOOD).differences)


def test_outcomes_come_back_as_they_were_stored(tmp_path: Path) -> None:
    path = tmp_path / "new" / "baseline.csv"
    outcomes = [replace(GOOD["q00"], confidence=None, defines=True, rank=7), GOOD["x00"]]
    baseline.store(path, outcomes)
    assert baseline.load(path) == {one.id: one for one in outcomes}


def test_nothing_changed_is_no_drop() -> None:
    assert told(GOOD) == []


def test_a_fall_of_a_quarter_is_a_drop_that_names_set_measure_and_size() -> None:
    dropped = told(worse(10, rank=6))
    # 30 · 1 + 10 · 1/6 less 40, by 40: −.2083; no other measure fell.
    assert [one.split(" fell by ")[0] for one in dropped] == ["own: hit@5", "own: mrr@10"]
    assert "0.2500" in dropped[0]
    assert "0.2083" in dropped[1]


def test_one_question_of_forty_may_be_chance() -> None:
    assert told(worse(1, rank=0, right=False)) == []


def test_answers_to_foreign_questions_and_refusals_of_own_ones_are_drops() -> None:
    answered = {one.id: replace(GOOD[one.id], declined=False) for one in FOREIGN[:10]}
    dropped = told({**worse(10, declined=True), **answered})
    assert [one.split(" fell by ")[0] for one in dropped] == ["own: answered", "foreign: declined_rightly"]


def test_a_confidence_that_is_further_off_is_a_drop_though_all_answers_are_the_same() -> None:
    dropped = told(worse(20, confidence=0.3))
    assert [one.split(" fell by ")[0] for one in dropped] == ["own: confidence"]


def test_a_drop_names_the_questions_that_are_worse_those_that_lost_most_first() -> None:
    fallen = worse(11, rank=6)
    fallen["q07"] = replace(fallen["q07"], rank=0)
    hit, mrr = told(fallen)
    assert hit.endswith(
        "11 are worse: q00, q01, q02, q03, q04, q05, q06, q07, q08, q09 and 1 more; none are better."
    )
    assert "11 are worse: q07, q00, q01, q02, q03, q04, q05, q06, q08, q09 and 1 more" in mrr
    compared = baseline.compare(SETS, fallen, GOOD).differences
    assert compared["own"]["hit@5"]["worse"] == [f"q{at:02}" for at in range(11)]


def test_questions_that_gained_are_counted_beside_those_that_lost() -> None:
    stored = {**GOOD, "q39": replace(GOOD["q39"], rank=0)}
    hit, *_ = baseline.drops(baseline.compare(SETS, worse(12, rank=6), stored).differences)
    assert hit.startswith("own: hit@5 fell by 0.2750 (95% 0.1")
    assert hit.endswith(
        "12 are worse: q00, q01, q02, q03, q04, q05, q06, q07, q08, q09 and 2 more; 1 is better."
    )


def test_questions_that_the_baseline_lacks_take_no_part_and_are_named() -> None:
    known = {name: one for name, one in GOOD.items() if name == "q00"}
    compared = baseline.compare(SETS, worse(40, rank=0), known)
    assert compared.differences["own"]["hit@5"]["n"] == 1
    assert "foreign" not in compared.differences
    assert compared.pairs == 1
    assert compared.not_stored == tuple(sorted(GOOD.keys() - {"q00"}))


def test_stored_questions_that_were_not_asked_are_counted() -> None:
    compared = baseline.compare(SETS[:1], GOOD, GOOD)
    assert (compared.pairs, compared.not_asked, compared.not_stored) == (40, 40, ())


def test_a_file_that_is_no_baseline_is_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "baseline.csv"
    path.write_text("id,rank\nq,one\n")
    with pytest.raises(WrongInput, match=r"cannot be read .* Store it anew"):
        baseline.load(path)
