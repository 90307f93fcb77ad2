import pytest

from lectern.tutor.answering.judging import DECLINE_BELOW, Verdict, judge

KNOWN, UNKNOWN = {"coverage_best": 1.0}, {"coverage_best": 0.4}


@pytest.mark.parametrize(
    ("question", "confidence", "features", "misspelt", "may_rewrite", "verdict"),
    [
        ("what is a loop", DECLINE_BELOW, UNKNOWN, False, True, Verdict.ANSWER),
        ("what is a loop", DECLINE_BELOW - 0.01, KNOWN, False, False, Verdict.ABSTAIN),
        ("what is a loop", DECLINE_BELOW - 0.01, KNOWN, False, True, Verdict.REWRITE),
        ("what is a lop", 0.9, KNOWN, True, True, Verdict.REWRITE),
        ("what is a lop", 0.9, KNOWN, True, False, Verdict.ANSWER),
        ("loops?", 0.05, KNOWN, False, False, Verdict.ANSWER),
        ("loops?", 0.05, UNKNOWN, False, False, Verdict.ABSTAIN),
    ],
    ids=["enough", "too little", "once more", "misspelt", "once only", "a course word", "no course word"],
)
def test_the_verdict(
    question: str,
    confidence: float,
    features: dict[str, float],
    misspelt: bool,
    may_rewrite: bool,
    verdict: Verdict,
) -> None:
    judged = judge(
        question, confidence=confidence, features=features, misspelt=misspelt, may_rewrite=may_rewrite
    )
    assert judged is verdict
