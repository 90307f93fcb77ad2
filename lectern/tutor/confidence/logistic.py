"""The logistic function, and the fit of its weights by Newton's method with NumPy alone."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_MAX_STEPS, _LONGEST_STEP, _SMALL_STEP = 50, 1.0, 1e-9


def logistic(logits: Floats) -> Floats:
    """Return probabilities, above 0 and below 1."""
    probabilities: Floats = 1 / (1 + np.exp(-np.clip(logits, -30, 30)))
    return probabilities


def fitted_weights(columns: Floats, right: Floats, *, centre: Floats, pull: Floats) -> Floats:
    """Return one weight a column, of the highest posterior that `right` is drawn by `logistic(columns @ weights)`.

    `centre` and `pull` are mean and precision (one figure a column) of the weights' normal prior. A pull of 0 leaves the
    likelihood alone; the caller sees to it that it has a maximum.
    """
    found = centre
    for _ in range(_MAX_STEPS):
        expected = logistic(columns @ found)
        curvature = columns.T @ (columns * (expected * (1 - expected))[:, None]) + np.diag(pull + 1e-9)
        step = np.linalg.solve(curvature, columns.T @ (right - expected) - pull * (found - centre))
        found = found + np.clip(step, -_LONGEST_STEP, _LONGEST_STEP)
        if np.abs(step).max() < _SMALL_STEP:
            break
    return found
