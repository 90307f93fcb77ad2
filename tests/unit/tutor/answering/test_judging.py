import pytest

from lectern.tutor.answering.judging import Verdict, is_enough, judge

KNOWN, UNKNOWN = {"coverage_best": 1.0, "margin": 0.3}, {"coverage_best": 0.4, "margin": 0.3}


@pytest.mark.parametrize(
    ("enough", "may_rewrite", "verdict"),
    [
        (True, True, Verdict.ANSWER),
        (False, False, Verdict.ABSTAIN),
        (False, True, Verdict.REWRITE),
    ],
    ids=["enough", "too little", "once more"],
)
def test_the_verdict(enough: bool, may_rewrite: bool, verdict: Verdict) -> None:
    assert judge(enough=enough, may_rewrite=may_rewrite) is verdict


@pytest.mark.parametrize(
    ("question", "confidence", "features", "enough"),
    [
        ("what is a loop", 0.25, UNKNOWN, True),
        ("what is a loop", 0.24, KNOWN, False),
        ("loops?", 0.05, KNOWN, True),
        ("loops?", 0.05, UNKNOWN, False),
        ("what is a loop", 0.05, {"coverage_best": 1.0}, True),
        ("what is a loop", 0.05, {"coverage_best": 0.9}, False),
    ],
    ids=[
        "at the threshold",
        "below it",
        "a course word",
        "no course word",
        "all words in a course of few passages",
        "not all of them there",
    ],
)
def test_what_is_enough(question: str, confidence: float, features: dict[str, float], enough: bool) -> None:
    assert is_enough(question, confidence, features, 0.25) is enough
