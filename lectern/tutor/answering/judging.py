"""Judge whether what was found is enough to answer from. The thresholds stand here, with their reasons."""

from collections.abc import Mapping
from enum import StrEnum

from lectern.tutor.answering.matching import subject_words, tokens

#: Below this confidence the tutor declines. On Microbiology that declines 92% of the foreign questions and 5% of the book's
#: own (calibration.json has all sets); of what is declined 14% would have been right.
DECLINE_BELOW = 0.30
#: One or two bare words ("loops?") are answered below that, when all of them stand in the best passage: whoever types a
#: word of the course wants to see what the course says of it. On Microbiology 40% of these 42 are right; all of them are
#: the book's own, for no set there has foreign questions in bare words.
BARE_WORDS = 2


class Verdict(StrEnum):
    """What to do with what was found; also the name of the node that does it."""

    ANSWER = "answer"
    REWRITE = "rewrite"
    ABSTAIN = "abstain"


def judge(
    question: str, *, confidence: float, features: Mapping[str, float], misspelt: bool, may_rewrite: bool
) -> Verdict:
    """Return what to do next. `misspelt` tells that the spelling can be put right: always worth a second search."""
    enough = confidence >= DECLINE_BELOW or (_is_bare(question) and features["coverage_best"] > 0.999)
    if may_rewrite and (misspelt or not enough):
        return Verdict.REWRITE
    return Verdict.ANSWER if enough else Verdict.ABSTAIN


def _is_bare(question: str) -> bool:
    """Return True when a question is one or two words that name something, without a sentence around them."""
    return 0 < len(tokens(question)) <= BARE_WORDS and subject_words(question) == tokens(question)
