"""Measure how honest a confidence is: calibration error with its floor, slope, reliability table, AUROC, Brier score."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lectern.tutor.confidence.logistic import fitted_weights

Floats = NDArray[np.float64]

BINS = 10


def reliability(confidence: Floats, right: Floats) -> list[dict[str, Any]]:
    """Return one row for each bin of equal mass: how many, the mean confidence, and the share that was right."""
    return [
        {
            "n": int(part.sum()),
            "confidence": round(float(confidence[part].mean()), 4),
            "right": round(float(right[part].mean()), 4),
        }
        for part in _bins(confidence)
    ]


def calibration_error(confidence: Floats, right: Floats) -> float:
    """Return the expected calibration error over bins of equal mass, 0..1."""
    parts = _bins(confidence)
    return float(sum(abs((confidence[part] - right[part]).sum()) for part in parts) / len(confidence))


def calibration_floor(confidence: Floats, *, draws: int = 500, seed: int = 7) -> float:
    """Return the error that a perfect predictor with these confidences would show by chance, on average."""
    random = np.random.default_rng(seed)
    errors = [
        calibration_error(confidence, (random.random(len(confidence)) < confidence).astype(np.float64))
        for _ in range(draws)
    ]
    return float(np.mean(errors))


def auroc(confidence: Floats, right: Floats) -> float | None:
    """Return P(a right one scores above a wrong one), ties by half; None when all are alike."""
    good, bad = confidence[right > 0.5], np.sort(confidence[right <= 0.5])
    if not len(good) or not len(bad):
        return None
    below = np.searchsorted(bad, good, "left") + np.searchsorted(bad, good, "right")
    return float(below.sum() / (2 * len(good) * len(bad)))


def brier(confidence: Floats, right: Floats) -> float:
    """Return the mean squared difference of confidence and outcome; lower is better."""
    return float(np.mean((confidence - right) ** 2))


def brier_skill(confidence: Floats, right: Floats) -> float | None:
    """Return the share of the base rate's Brier score that is saved, at most 1; None when all are alike."""
    base = float(right.mean() * (1 - right.mean()))
    return 1 - brier(confidence, right) / base if base else None


def calibration_slope(confidence: Floats, right: Floats) -> tuple[float, float] | None:
    """Return slope and intercept of the logistic of `right` on the logit of `confidence` (Cox 1958): 1 and 0 are ideal.

    A slope below 1 says that confidences are too extreme, above 1 that they are too timid. None where the fit has no end:
    all are alike, or a line parts the right ones from the wrong ones.
    """
    inside = np.clip(confidence, 0.001, 0.999)
    good, bad = inside[right > 0.5], inside[right <= 0.5]
    if not len(good) or not len(bad) or good.min() >= bad.max() or bad.min() >= good.max():
        return None
    columns = np.column_stack([np.log(inside / (1 - inside)), np.ones(len(right))])
    slope, intercept = fitted_weights(columns, right, centre=np.array([1.0, 0.0]), pull=np.zeros(2))
    return float(slope), float(intercept)


def _bins(confidence: Floats) -> list[NDArray[np.bool_]]:
    """Return a mask for each bin that is not empty; equal confidences share one, whatever their order."""
    order = np.sort(confidence)
    middle = np.searchsorted(order, confidence, "left") + np.searchsorted(order, confidence, "right")
    place = np.minimum(middle * BINS // (2 * len(confidence)), BINS - 1)
    return [place == one for one in range(BINS) if (place == one).any()]
