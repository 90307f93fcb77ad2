"""Judge whether what was found is enough to answer from. The threshold comes with the fitted model: `make calibrate`."""

from collections.abc import Mapping
from enum import StrEnum

from lectern.tutor.answering.matching import subject_words, tokens

#: One or two bare words ("loops?") are answered below the threshold, when all of them stand in the best passage: whoever
#: types a word of the course wants to see what the course says of it.
BARE_WORDS = 2


class Verdict(StrEnum):
    """What to do with what was found; also the name of the node that does it."""

    ANSWER = "answer"
    REWRITE = "rewrite"
    ABSTAIN = "abstain"


def judge(*, enough: bool, may_rewrite: bool) -> Verdict:
    """Return what to do next; `may_rewrite` tells that another wording is worth a second search."""
    if enough:
        return Verdict.ANSWER
    return Verdict.REWRITE if may_rewrite else Verdict.ABSTAIN


def is_enough(question: str, confidence: float, features: Mapping[str, float], decline_below: float) -> bool:
    """Return True when `question` is answered rather than declined.

    So it is below the threshold where the best passage has all of its words, if it is one or two bare words, or if the
    course has so few passages that it cannot be told how far the best one stands out (its `margin`).
    """
    covered = features["coverage_best"] > 0.999
    return confidence >= decline_below or (covered and (_is_bare(question) or "margin" not in features))


def _is_bare(question: str) -> bool:
    """Return True when a question is one or two words that name something, without a sentence around them."""
    return 0 < len(tokens(question)) <= BARE_WORDS and subject_words(question) == tokens(question)
