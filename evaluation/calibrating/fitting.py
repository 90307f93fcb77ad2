"""Fit three models to questions that were asked, and choose below which probability a question is declined."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from zlib import crc32

import numpy as np

from evaluation.calibrating.asking import Asked
from lectern.tutor.answering.declining import MOST_DECLINED
from lectern.tutor.answering.judging import is_enough
from lectern.tutor.confidence.fitting import fit
from lectern.tutor.confidence.model import ANSWERABLE, AnswerKind, ConfidenceModel

VERSION = "logistic-4"
FOLDS = 5
#: The share of the foreign questions that must be declined: the threshold is the lowest that does it, so that as few as can be
#: of the course's own are. More than the 92% that are promised, since a share of some hundred questions is known to 1 or 2%.
FOREIGN_DECLINED, FOREIGN_SET = 0.95, "micro_foreign"
#: Questions of which some lost the document that answers them; the others are native questions once more.
NEAR_MISSES = "micro_nearmiss"


@dataclass(frozen=True, kw_only=True)
class Fitted:
    """All three models."""

    extractive: ConfidenceModel
    composed: ConfidenceModel
    answerable: ConfidenceModel

    def part(self, name: str) -> ConfidenceModel:
        """Return the model that stands in the file under `name`."""
        return {
            ANSWERABLE: self.answerable,
            AnswerKind.EXTRACTIVE: self.extractive,
            AnswerKind.COMPOSED: self.composed,
        }[name]

    def stated(self, asked: Asked) -> float:
        """Return the confidence that the result has, be it an answer or a refusal."""
        if not self.declines(asked):
            return self.extractive.probability(asked.answer or {})
        best = asked.found[0][0] if asked.found else None
        estimates = (
            [model.probability(best) for model in (self.extractive, self.answerable)] if best else [0.0]
        )
        return min(MOST_DECLINED, *estimates)

    def declines(self, asked: Asked) -> bool:
        """Return what the graph does: it judges the search by the best passage, and declines where nothing can be quoted."""
        if not asked.found or not asked.answer:
            return True
        best, model = asked.found[0][0], self.answerable
        return not is_enough(asked.query, model.probability(best), best, model.decline_below)


def fitted_to(asked: Sequence[Asked]) -> Fitted:
    """Return models; the threshold was chosen on probabilities of models that did not see the question's module.

    A confidence is a promise about answers that are given, so it is fitted to what is not declined.
    """
    others = left_out(asked, _fit)
    limit = _threshold(asked, others)
    given = [one for one in asked if not _declining(others[fold_of(one)], limit).declines(one)]
    return _declining(replace(_fit(given), answerable=_fit(asked).answerable), limit)


def _fit(asked: Sequence[Asked]) -> Fitted:
    # The near misses that are still answerable are the native questions once more.
    used = [one for one in asked if one.set_name != NEAR_MISSES or not one.answerable]
    return Fitted(
        **{
            name: fit([row for row, _ in rows], [right for _, right in rows], version=VERSION)
            for name, rows in {
                "extractive": [(one.answer, one.right) for one in used if one.answer],
                "composed": [each for one in used for each in one.found],
                # A near miss is about the course: what tells it from a question that is answered is the confidence.
                "answerable": [
                    (one.found[0][0], one.answerable)
                    for one in used
                    if one.found and one.set_name != NEAR_MISSES
                ],
            }.items()
        }
    )


def fold_of(one: Asked) -> int:
    """Return the fold of a question, which is that of its module."""
    return crc32(one.group.encode()) % FOLDS


def left_out(asked: Sequence[Asked], make: Callable[[Sequence[Asked]], Fitted]) -> dict[int, Fitted]:
    """Return for each fold what `make` makes of the others."""
    folds = sorted({fold_of(one) for one in asked})
    return {fold: make([one for one in asked if fold_of(one) != fold]) for fold in folds}


def _threshold(asked: Sequence[Asked], models: Mapping[int, Fitted]) -> float:
    """Return the lowest threshold, in steps of .005, at which enough foreign questions are declined."""
    foreign = [one for one in asked if one.set_name == FOREIGN_SET]
    limits = np.arange(0.005, 1, 0.005)
    enough = (
        limit
        for limit in limits
        if np.mean([_declining(models[fold_of(one)], limit).declines(one) for one in foreign])
        >= FOREIGN_DECLINED
    )
    return float(next(enough, limits[-1]))


def _declining(models: Fitted, limit: float) -> Fitted:
    return replace(models, answerable=replace(models.answerable, decline_below=round(float(limit), 3)))
