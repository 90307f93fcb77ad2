"""Score a course's predictions: one plain JSON object, from which report and plots are made."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from evaluation.measuring import matching, statistics
from evaluation.measuring.outcomes import Outcome, outcomes
from evaluation.measuring.predictions import Prediction
from evaluation.measuring.questions import Question, QuestionSet
from evaluation.measuring.statistics import Draws, Figure, Floats
from lectern.tutor.confidence.measuring import auroc

#: Ranks of a reference or of a baseline, by question.
Ranks = Mapping[str, int]
Predictions = Mapping[str, Prediction]

#: Words of a question, for groups: at most so many.
_LENGTHS = {"1 to 3 words": 3, "4 to 10 words": 10, "11 to 20 words": 20, "more than 20 words": 10**6}
#: Questions of fewer words stand in any text by chance.
_TELLING_WORDS = 6


@dataclass(frozen=True, kw_only=True)
class Scored:
    """What is scored: a course's questions with what came of them."""

    sets: Sequence[QuestionSet]
    predictions: Predictions
    #: One of `RULES`.
    rule: str
    #: Ranks of the plain fusion over the same passages.
    reference: Ranks
    #: Text of all passages that may be cited.
    course_text: str

    @property
    def questions(self) -> list[Question]:
        """All questions."""
        return [question for one in self.sets for question in one.questions]


def score(scored: Scored) -> dict[str, Any]:
    """Return all figures of a course."""
    sets = {one.name: _score_set(one.questions, scored) for one in scored.sets}
    everything = scored.questions
    return {
        "sets": sets,
        "confidence": _confidence(everything, scored),
        "confidence_of_answers": _confidence(
            [one for one in everything if _is_answered(one, scored)], scored
        ),
        "refusal": refusal(everything, scored.predictions),
        "citations": citations(everything, scored.predictions),
        "leaks": leaks(scored),
        "model": _model(everything, scored.predictions),
    }


def retrieval(found: Sequence[Outcome], drawn: Draws, reference: Ranks | None = None) -> dict[str, Any]:
    """Return hit@k and MRR@10, each with its difference to a reference on the same resampled questions."""
    mine = _hits([one.rank for one in found])
    theirs = _hits([reference.get(one.id, 0) for one in found]) if reference else None
    figures: dict[str, Any] = {"n": len(found)}
    for name, values in mine.items():
        figures[name] = statistics.mean(values, drawn)
        if theirs:
            figures[name]["minus_plain"] = statistics.mean(values - theirs[name], drawn)
    return figures


def refusal(questions: Sequence[Question], predictions: Predictions) -> dict[str, Any] | None:
    """Return which share of the questions that cannot be answered was declined, by kind too, and of the others.

    None when each can be answered. A question that failed was not declined if it should have been, and else was.
    """
    judged = outcomes(questions, predictions, "hit@1")
    foreign = [
        one.declined for one, question in zip(judged, questions, strict=True) if not question.answerable
    ]
    if not foreign:
        return None
    by_kind: dict[str, list[bool]] = {}
    for one, question in zip(judged, questions, strict=True):
        if not question.answerable:
            by_kind.setdefault(question.kind, []).append(one.declined)
    own = [one.declined for one, question in zip(judged, questions, strict=True) if question.answerable]
    return {
        "foreign_declined": statistics.mean(foreign),
        "own_declined": statistics.mean(own),
        "by_kind": {kind: statistics.mean(values) for kind, values in sorted(by_kind.items())},
        "auroc_answerable": _auroc_answerable(questions, judged),
    }


def citations(questions: Sequence[Question], predictions: Predictions) -> dict[str, Any] | None:
    """Return what the quotes of all answers are worth; None when nothing was answered."""
    answered = [
        (question, predictions[question.id])
        for question in questions
        if question.id in predictions and not predictions[question.id].declined
    ]
    quotes = [cited for _, prediction in answered for cited in prediction.citations]
    if not quotes:
        return None
    gold = [
        matching.cites_gold(question, prediction.citations)
        for question, prediction in answered
        if question.has_gold
    ]
    return {
        "answers": len(answered),
        "answers_without_citation": sum(not prediction.citations for _, prediction in answered),
        "quotes": len(quotes),
        "short_quotes": sum(len(matching.words(one.quote)) < matching.SHORT_QUOTE for one in quotes),
        # Shares that must be all or nothing: counted, not estimated.
        "unresolved": sum(not one.passage_text for one in quotes),
        "not_verbatim": sum(not matching.is_verbatim(one) for one in quotes),
        "of_another_course": sum(bool(one.other_course) for one in quotes),
        "cite_gold": statistics.mean(gold),
    }


def leaks(scored: Scored) -> dict[str, int]:
    """Count what must not be in the index: questions word for word, and documents that were left out.

    Of questions whose place in the course is known: where that is not counted, nothing is given away.
    """
    text = f" {' '.join(matching.words(scored.course_text))} "
    asked = [matching.words(question.question) for question in scored.questions if question.has_gold]
    judged = outcomes(scored.questions, scored.predictions, "hit@1")
    return {
        "questions_in_course_text": sum(
            len(words) >= _TELLING_WORDS and f" {' '.join(words)} " in text for words in asked
        ),
        "left_out_document_found": sum(
            one.rank > 0
            for one, question in zip(judged, scored.questions, strict=True)
            if not question.answerable
        ),
    }


def _score_set(questions: Sequence[Question], scored: Scored) -> dict[str, Any]:
    judged = outcomes(questions, scored.predictions, scored.rule)
    drawn = statistics.draws([question.id for question in questions])
    gold = [at for at, question in enumerate(questions) if question.has_gold]
    part: dict[str, Any] = {
        "n": len(questions),
        "failed": sum(question.id not in scored.predictions for question in questions),
        "own_declined": statistics.mean(
            [one.declined for one, question in zip(judged, questions, strict=True) if question.answerable]
        ),
        "definitions": _definitions(questions, judged),
        "expected_words": _expected_words(questions, scored.predictions),
    }
    if gold:
        part["retrieval"] = retrieval([judged[at] for at in gold], drawn[:, gold], scored.reference)
        part["by_kind"] = _grouped(gold, judged, drawn, scored, [question.kind for question in questions])
        part["by_length"] = _grouped(
            gold, judged, drawn, scored, [_length(question) for question in questions]
        )
        part["confidence"] = _confidence(questions, scored)
    if gold and any(not question.answerable for question in questions):
        part["refusal"] = refusal(questions, scored.predictions)
    return {name: value for name, value in part.items() if value is not None}


def _grouped(
    gold: Sequence[int], judged: Sequence[Outcome], drawn: Draws, scored: Scored, groups: Sequence[str]
) -> dict[str, Any]:
    names = [*_LENGTHS, *sorted({groups[at] for at in gold} - {*_LENGTHS})]
    places = {name: [at for at in gold if groups[at] == name] for name in names}
    return {
        name: retrieval([judged[at] for at in at_these], drawn[:, at_these], scored.reference)
        for name, at_these in places.items()
        if at_these
    }


def _length(question: Question) -> str:
    count = len(matching.words(question.question))
    return next(name for name, most in _LENGTHS.items() if count <= most)


def _hits(ranks: Sequence[int]) -> dict[str, Floats]:
    rank = np.array(ranks, dtype=float)
    at = {f"hit@{depth}": ((rank > 0) & (rank <= depth)).astype(float) for depth in (1, 5, 10)}
    return {**at, "mrr@10": np.where(rank > 0, 1 / np.maximum(rank, 1), 0.0)}


def _confidence(questions: Sequence[Question], scored: Scored) -> dict[str, Any] | None:
    """Return the figures of the confidences; None where no answer can be right."""
    judged = outcomes(questions, scored.predictions, scored.rule)
    known = [at for at, one in enumerate(judged) if one.confidence is not None]
    if not known or not any(question.has_gold for question in questions):
        return None
    said = np.array([judged[at].confidence for at in known], dtype=float)
    right = np.array([judged[at].right for at in known], dtype=float)
    drawn = statistics.draws([question.id for question in questions], statistics.SLOW_TIMES)[:, known]
    return statistics.confidence_figures(said, right, drawn)


def _is_answered(question: Question, scored: Scored) -> bool:
    return question.id in scored.predictions and not scored.predictions[question.id].declined


def _definitions(questions: Sequence[Question], judged: Sequence[Outcome]) -> dict[str, Figure | None] | None:
    asked = [
        one
        for one, question in zip(judged, questions, strict=True)
        if question.kind == "definition" and question.answerable and question.answer
    ]
    if not asked:
        return None
    return {
        "first_sentence": statistics.mean([one.defines for one in asked]),
        "cites_gold": statistics.mean([one.cites_gold for one in asked]),
    }


def _expected_words(
    questions: Sequence[Question], predictions: Predictions
) -> dict[str, Figure | None] | None:
    asked = [(question, predictions.get(question.id)) for question in questions if question.must_contain_any]
    if not asked:
        return None
    in_answer = [
        bool(one) and matching.holds_expected(question, one.answer) for question, one in asked if one
    ]
    in_passages = [
        any(matching.holds_expected(question, passage.text) for passage in one.passages[:5])
        for question, one in asked
        if one
    ]
    failed = [False] * (len(asked) - len(in_answer))
    return {
        "answer": statistics.mean([*in_answer, *failed]),
        "passages": statistics.mean([*in_passages, *failed]),
    }


def _auroc_answerable(questions: Sequence[Question], judged: Sequence[Outcome]) -> float | None:
    said = [
        (one.confidence, question.answerable)
        for one, question in zip(judged, questions, strict=True)
        if one.confidence is not None
    ]
    area = (
        auroc(np.array([one for one, _ in said]), np.array([float(one) for _, one in said])) if said else None
    )
    return None if area is None else round(area, 4)


def _model(questions: Sequence[Question], predictions: Predictions) -> dict[str, Any]:
    """Return what a language model was asked, a question."""
    known = [predictions[question.id] for question in questions if question.id in predictions]
    calls = [one.calls for one in known]
    return {
        "composed": sum(one.composed for one in known),
        "calls": sum(calls),
        "calls_a_question": round(sum(calls) / len(calls), 3) if calls else 0.0,
        "most_calls": max(calls, default=0),
        "tokens_a_question": round(sum(one.tokens for one in known) / len(known)) if known else 0,
        "degraded": sum(bool(one.degraded) for one in known),
    }
