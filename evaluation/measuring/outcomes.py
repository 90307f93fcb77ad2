"""The outcome of a question: what of a prediction is right. It holds no text, so it can be kept and compared later."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from evaluation.measuring import matching
from evaluation.measuring.predictions import Prediction
from evaluation.measuring.questions import Question

#: When an answer counts as right for its confidence. `first_cited`: its first citation is of the gold passage or document.
RULES = ("first_cited", "hit@1", "hit@5", "cited", "answer")


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of one question. One that failed counts against the system everywhere."""

    id: str
    #: Rank of the first gold passage among the best ten, 0 when it is not there.
    rank: int
    #: Whether the answer is right, by the rule that was chosen.
    right: bool
    confidence: float | None
    declined: bool
    #: Whether a quote of the answer is of the gold passage or document.
    cites_gold: bool
    #: Whether the first sentence is the gold answer.
    defines: bool


def outcome(question: Question, prediction: Prediction | None, rule: str) -> Outcome:
    """Judge a prediction by one of `RULES`; None is a question that failed."""
    if prediction is None:
        return Outcome(
            id=question.id, rank=0, right=False, confidence=None, declined=question.answerable,
            cites_gold=False, defines=False,
        )  # fmt: skip
    rank = matching.rank_of_gold(question, prediction.passages)
    return Outcome(
        id=question.id,
        rank=rank,
        right=question.answerable and _is_right(question, prediction, rank, rule),
        confidence=prediction.confidence,
        declined=prediction.declined,
        cites_gold=question.has_gold and matching.cites_gold(question, prediction.citations),
        defines=bool(question.answer) and matching.defines(question, prediction.answer),
    )


def outcomes(
    questions: Sequence[Question], predictions: Mapping[str, Prediction], rule: str
) -> list[Outcome]:
    """Judge the predictions of these questions."""
    return [outcome(question, predictions.get(question.id), rule) for question in questions]


def _is_right(question: Question, prediction: Prediction, rank: int, rule: str) -> bool:
    match rule:
        case "first_cited":
            return matching.cites_gold(question, prediction.citations[:1])
        case "cited":
            return matching.cites_gold(question, prediction.citations)
        case "answer":
            return bool(question.answer) and matching.defines(question, prediction.answer)
        case _:
            return 0 < rank <= int(rule.removeprefix("hit@"))
