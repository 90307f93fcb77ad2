"""A course of six questions, scored by hand."""

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from evaluation.measuring import statistics
from evaluation.measuring.outcomes import outcome
from evaluation.measuring.predictions import Cited, Found, Prediction
from evaluation.measuring.questions import Question, QuestionSet
from evaluation.measuring.scoring import Scored, citations, leaks, refusal, score

TEXT = "A cell wall protects the cell. Salt is white."


def own(name: str, **fields: Any) -> Question:
    values: dict[str, Any] = {
        "question": f"What is {name}?",
        "kind": "definition",
        "answerable": True,
        "gold_module": "m1",
    }
    values["gold_document"] = "m1"
    return Question(id=name, **{**values, **fields})


def foreign(name: str, kind: str) -> Question:
    return Question(id=name, question="Who?", kind=kind, answerable=False)


def said(name: str, *documents: str, **fields: Any) -> Prediction:
    passages = tuple(Found(id=one, document=one, text=TEXT) for one in documents)
    cited = Cited(passage_id="p", document=documents[0], quote="Salt is white.", passage_text=TEXT)
    values: dict[str, Any] = {"answer": "Salt is white. [1]", "confidence": 0.5, "citations": (cited,)}
    return Prediction(id=name, passages=passages, **{**values, **fields})


QUESTIONS = (
    own("a", answer="Salt is white", question="one two three four five six seven"),
    own("b", answer="Something else that is long", kind="multiple-choice"),
    own("c"),
    own("d"),
)
FOREIGN = (foreign("x", "trivia"), foreign("y", "law"))
SAID = [
    said("a", "m1", "m2", confidence=0.9),
    said("b", "m2", "m1", confidence=0.6),
    said("c", "m2", "m2", "m2", "m2", "m2", "m1", confidence=0.1, declined=True, citations=()),
    said("x", "m1", declined=True, confidence=0.2, citations=()),
    said("y", "m1", confidence=0.7),
]


@pytest.fixture(scope="module", autouse=True)
def _few_resamples() -> Iterator[None]:
    """Points are tested here, not intervals: four hundred slopes of three questions take seconds."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(statistics, "SLOW_TIMES", 10)
        yield


@cache
def whole() -> dict[str, Any]:
    return score(given())


def given(**fields: Any) -> Scored:
    values: dict[str, Any] = {
        "sets": [
            QuestionSet(name="own", questions=QUESTIONS),
            QuestionSet(name="foreign", questions=FOREIGN),
        ],
        "predictions": {one.id: one for one in SAID},  # "d" failed
        "rule": "first_cited",
        "reference": {"a": 1, "b": 1, "c": 0, "d": 0},
        "course_text": TEXT,
    }
    return Scored(**{**values, **fields})


def test_a_hit_is_counted_at_its_rank_and_a_failed_question_counts_against_the_system() -> None:
    found = whole()["sets"]["own"]["retrieval"]
    values = {name: found[name]["value"] for name in ("hit@1", "hit@5", "hit@10", "mrr@10")}
    assert found["n"] == 4
    assert values == {
        "hit@1": 0.25,
        "hit@5": 0.5,
        "hit@10": 0.75,
        "mrr@10": pytest.approx((1 + 1 / 2 + 1 / 6) / 4, abs=1e-4),
    }
    assert whole()["sets"]["own"]["failed"] == 1


def test_the_difference_to_the_plain_fusion_is_paired() -> None:
    found = whole()["sets"]["own"]["retrieval"]
    assert found["hit@1"]["minus_plain"]["value"] == -0.25  # a equal, b worse, c and d equal
    assert found["hit@10"]["minus_plain"]["value"] == 0.25


def test_questions_are_grouped_by_kind_and_by_length() -> None:
    part = whole()["sets"]["own"]
    assert {kind: one["n"] for kind, one in part["by_kind"].items()} == {
        "definition": 3,
        "multiple-choice": 1,
    }
    assert {name: one["n"] for name, one in part["by_length"].items()} == {
        "1 to 3 words": 3,
        "4 to 10 words": 1,
    }


def test_a_confidence_is_right_by_the_first_citation_and_what_failed_has_none() -> None:
    said_ = whole()["sets"]["own"]["confidence"]
    assert said_["n"] == 3
    assert said_["base_rate"] == pytest.approx(1 / 3, abs=1e-4)  # a; b cites another document, c was declined
    assert said_["brier"]["value"] == pytest.approx((0.01 + 0.36 + 0.01) / 3, abs=1e-4)
    assert said_["auroc"]["value"] == 1.0
    answers = whole()["confidence_of_answers"]
    assert answers["n"] == 3, "of a, b, y: declined ones are no answers"


def test_refusal_counts_kinds_and_a_failed_question_as_declined_if_it_is_own() -> None:
    refused = whole()["refusal"]
    assert refused["foreign_declined"]["value"] == 0.5
    assert {kind: one["value"] for kind, one in refused["by_kind"].items()} == {"law": 0.0, "trivia": 1.0}
    assert refused["own_declined"]["value"] == 0.5  # c, and d that failed
    # Pairs of own (.9, .6, .1) and foreign (.2, .7): .9 above both, .6 above one.
    assert refused["auroc_answerable"] == 0.5


def test_citations_are_counted_over_answers_alone() -> None:
    lost = replace(SAID[1].citations[0], passage_text="", other_course="tea")
    wrong = {one.id: one for one in [*SAID[:1], replace(SAID[1], citations=(lost,)), *SAID[2:4]]}
    cited = citations(QUESTIONS + FOREIGN, wrong)
    assert cited
    assert cited["answers"] == 2
    assert cited["quotes"] == 2
    assert (cited["unresolved"], cited["not_verbatim"], cited["of_another_course"]) == (1, 1, 1)
    assert cited["short_quotes"] == 2
    assert cited["cite_gold"]["value"] == 0.5


def test_definitions_count_first_sentences_and_cited_gold() -> None:
    defined = whole()["sets"]["own"]["definitions"]
    assert defined["first_sentence"] == {**defined["first_sentence"], "value": 1.0, "n": 1}
    assert defined["cites_gold"]["value"] == 1.0


def test_a_question_that_stands_in_the_course_is_a_leak_from_six_words_on() -> None:
    assert whole()["leaks"]["questions_in_course_text"] == 0
    leaked = leaks(given(course_text="Exercise: one, two three FOUR five six seven! What is b?"))
    assert leaked["questions_in_course_text"] == 1


def test_a_document_that_was_left_out_is_a_leak_when_it_is_found() -> None:
    thinned = [QuestionSet(name="near", questions=(replace(QUESTIONS[0], answerable=False), QUESTIONS[1]))]
    assert leaks(given(sets=thinned))["left_out_document_found"] == 1
    refused = refusal(thinned[0].questions, given().predictions)
    assert refused
    assert refused["foreign_declined"]["value"] == 0.0


@pytest.mark.parametrize(
    ("rule", "right"),
    [("first_cited", True), ("hit@1", True), ("hit@5", True), ("cited", True), ("answer", True)],
)
def test_each_rule_finds_the_right_answer_right_and_none_an_unanswerable_one(rule: str, right: bool) -> None:
    assert outcome(QUESTIONS[0], SAID[0], rule).right is right
    assert not outcome(replace(QUESTIONS[0], answerable=False), SAID[0], rule).right
    assert not outcome(QUESTIONS[0], None, rule).right


def test_only_the_first_citation_decides_by_the_first_cited() -> None:
    other = replace(SAID[0].citations[0], document="m2")
    second = replace(SAID[0], citations=(other, SAID[0].citations[0]))
    assert not outcome(QUESTIONS[0], second, "first_cited").right
    assert outcome(QUESTIONS[0], second, "cited").right
