"""Figures with their bootstrap intervals, and what a confidence is measured by besides its calibration error.

Percentile bootstrap over questions (Efron and Tibshirani 1993); both sides of a difference are drawn together.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lectern.tutor.confidence.measuring import (
    auroc,
    brier,
    brier_skill,
    calibration_error,
    calibration_floor,
    calibration_slope,
    reliability,
)

Floats = NDArray[np.float64]
#: How often each question is drawn, one row a resample.
Draws = NDArray[np.int64]
#: A figure as it is kept: `value`, and `ci95` with both ends of its interval.
Figure = dict[str, Any]

TIMES = 2000
#: Resamples of the figures that have to be computed anew for each.
SLOW_TIMES = 400
_SEED = 7


def draws(ids: Sequence[str], times: int = TIMES) -> Draws:
    """Draw as many questions as there are, with replacement; the order of the file plays no part."""
    count = len(ids)
    place = np.argsort(np.argsort(np.asarray(ids), kind="stable"), kind="stable")
    drawn: Draws = np.random.default_rng(_SEED).multinomial(count, np.full(count, 1 / count), size=times)
    return drawn[:, place]


def mean(values: Sequence[float] | Floats, drawn: Draws | None = None) -> Figure | None:
    """Return the mean with its interval; None of nothing."""
    numbers = np.asarray(values, float)
    if not len(numbers):
        return None
    if drawn is None:
        drawn = draws([f"{place:09}" for place in range(len(numbers))])
    means = (drawn @ numbers) / np.maximum(drawn.sum(1), 1)
    return {"value": round(float(numbers.mean()), 4), "ci95": _interval(means), "n": len(numbers)}


def is_drop(difference: Figure) -> bool:
    """Return True when a difference is below 0 with all of its interval."""
    return bool(difference["ci95"][1] < 0)


def confidence_figures(confidence: Floats, right: Floats, drawn: Draws) -> dict[str, Any]:
    """Return all figures of a confidence: how well it is calibrated, and how well it tells right from wrong.

    The error has no interval, since resampling adds noise of its own: its floor, what a perfect predictor with the same
    confidences shows by chance, says more.
    """

    def of(at: NDArray[np.int64]) -> dict[str, float | None]:
        said, was = confidence[at], right[at]
        slope, intercept = calibration_slope(said, was) or (None, None)
        values = {"auroc": auroc(said, was), "brier": brier(said, was), "brier_skill": brier_skill(said, was)}
        return {**values, "slope": slope, "intercept": intercept}

    everything = np.arange(len(confidence))
    again = [of(np.repeat(everything, row)) for row in drawn[:SLOW_TIMES] if row.any()]
    figures = {}
    for name, value in of(everything).items():
        numbers = np.array([one[name] for one in again if one[name] is not None], dtype=float)
        ends = _interval(numbers) if len(numbers) else None
        figures[name] = {"value": None if value is None else round(value, 4), "ci95": ends}
    error, floor = calibration_error(confidence, right), calibration_floor(confidence, draws=1000)
    return {
        "n": len(confidence),
        "base_rate": round(float(right.mean()), 4),
        **figures,
        "ece": {"value": round(error, 4), "floor": round(floor, 4), "excess": round(error - floor, 4)},
        "reliability": reliability(confidence, right),
    }


def _interval(values: Floats) -> list[float]:
    return [round(float(end), 4) for end in np.percentile(values, [2.5, 97.5])]
