"""Correct a course's confidences by what its students judged: Platt's slope and intercept on the logit, held near 1 and 0.

Students judge few answers, and not the average ones. So two numbers are fitted, pulled towards changing nothing; there must
be enough judgements of both kinds, and the corrected confidences must have come nearer to judgements left out of their fit.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lectern.tutor.confidence.logistic import fitted_weights, logistic
from lectern.tutor.confidence.measuring import brier
from lectern.tutor.errors import NotRecalibrated

Floats = NDArray[np.float64]

#: Fewer judged answers, or fewer of them that were right (or wrong), say too little.
FEWEST, FEWEST_OF_A_KIND = 50, 10
#: Standard deviations of what slope and intercept are expected to be around 1 and 0 (the prior of the fit).
SLOPE_SPREAD, INTERCEPT_SPREAD = 0.3, 0.5
#: A slope below this would say that a confidence means nothing, or the contrary: that is no correction.
_LEAST_SLOPE = 0.2
_FOLDS, _EDGE = 5, 1e-4


@dataclass(frozen=True, kw_only=True)
class Recalibration:
    """A correction of one course's confidences."""

    slope: float
    intercept: float
    #: Judged answers that it was fitted on, and how many of them were right.
    judged: int
    right: int
    #: Brier score over judged answers before, and after with each corrected by a fit without its fold; lower is better.
    brier_before: float
    brier_after: float

    def applied(self, confidence: float) -> float:
        """Return the corrected confidence, above 0 and below 1."""
        return float(_corrected(np.array([confidence]), np.array([self.slope, self.intercept]))[0])


def recalibrate(confidences: Sequence[float], right: Sequence[bool]) -> Recalibration:
    """Return the correction that judged answers ask for. `confidences` are those before any correction.

    Raises `NotRecalibrated` with the reason when they are too few or one-sided, or would be no nearer to the truth.
    """
    before, truth = np.array(confidences, np.float64), np.array(right, np.float64)
    _require_enough(len(truth), int(truth.sum()))
    fitted = _fit(before, truth)
    if fitted[0] < _LEAST_SLOPE:
        raise NotRecalibrated(
            f"The judgements do not follow the confidence (slope {fitted[0]:.2f} over {len(truth)} answers): "
            "a correction would not mend that. Read the answers that were judged wrong."
        )
    after = _left_out(before, truth)
    if brier(after, truth) >= brier(before, truth):
        raise NotRecalibrated(
            f"Corrected by {len(truth)} judged answers the confidences come no nearer to the others "
            f"(Brier score {brier(after, truth):.4f} instead of {brier(before, truth):.4f}): they stay as they are."
        )
    return Recalibration(
        slope=round(float(fitted[0]), 4),
        intercept=round(float(fitted[1]), 4),
        judged=len(truth),
        right=int(truth.sum()),
        brier_before=round(brier(before, truth), 4),
        brier_after=round(brier(after, truth), 4),
    )


def _require_enough(judged: int, right: int) -> None:
    if judged < FEWEST or min(right, judged - right) < FEWEST_OF_A_KIND:
        raise NotRecalibrated(
            f"{judged} answers were judged, {right} of them right and {judged - right} wrong: it takes {FEWEST}, with at "
            f"least {FEWEST_OF_A_KIND} of each, to tell a confidence from chance. Nothing was changed."
        )


def _fit(confidence: Floats, right: Floats) -> Floats:
    """Return slope and intercept of the highest posterior."""
    columns = np.column_stack([_logit(confidence), np.ones(len(right))])
    pull = np.array([SLOPE_SPREAD**-2, INTERCEPT_SPREAD**-2])
    return fitted_weights(columns, right, centre=np.array([1.0, 0.0]), pull=pull)


def _left_out(confidence: Floats, right: Floats) -> Floats:
    """Return each confidence as corrected by a fit without its fold."""
    fold = np.arange(len(right)) % _FOLDS
    after = np.zeros(len(right))
    for one in range(_FOLDS):
        after[fold == one] = _corrected(
            confidence[fold == one], _fit(confidence[fold != one], right[fold != one])
        )
    return after


def _corrected(confidence: Floats, fitted: Floats) -> Floats:
    return logistic(fitted[0] * _logit(confidence) + fitted[1])


def _logit(confidence: Floats) -> Floats:
    inside = np.clip(confidence, _EDGE, 1 - _EDGE)
    odds: Floats = np.log(inside / (1 - inside))
    return odds
