"""Fit a logistic regression by iteratively reweighted least squares, with NumPy alone."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from lectern.tutor.confidence.model import ConfidenceModel

Floats = NDArray[np.float64]

#: Pull of the ridge towards 0, in the units of the log likelihood; keeps correlated features from running apart.
RIDGE = 1.0
_MAX_STEPS = 50


def fit(rows: Sequence[Mapping[str, float]], right: Sequence[bool], *, version: str) -> ConfidenceModel:
    """Return the model that predicts `right` from `rows` (features by name); what a row lacks counts as its mean."""
    names = tuple(sorted({name for row in rows for name in row}))
    table = np.array([[row.get(name, np.nan) for name in names] for row in rows])
    means, scales = np.nanmean(table, axis=0), np.nanstd(table, axis=0)
    scales[scales < 1e-9] = 1.0  # a constant feature says nothing, and must not divide by zero
    standard = np.nan_to_num(np.clip((table - means) / scales, -3, 3))
    weights = _weights(standard, np.array(right, dtype=float))
    return ConfidenceModel(
        version=version,
        features=names,
        means=_rounded(means),
        scales=_rounded(scales),
        weights=_rounded(weights[1:]),
        intercept=round(float(weights[0]), 6),
    )


def _weights(standard: Floats, right: Floats) -> Floats:
    """Return the intercept and one weight a column."""
    design = np.column_stack([np.ones(len(standard)), standard])
    pull = np.diag([0.0] + [RIDGE] * standard.shape[1])
    weights = np.zeros(design.shape[1])
    for _ in range(_MAX_STEPS):
        likely = 1 / (1 + np.exp(-design @ weights))
        curvature = (
            design.T @ (design * (likely * (1 - likely))[:, None]) + pull + 1e-9 * np.eye(len(weights))
        )
        step = np.linalg.solve(curvature, design.T @ (right - likely) - pull @ weights)
        weights = weights + step
        if np.abs(step).max() < 1e-8:
            break
    return weights


def _rounded(values: Floats) -> tuple[float, ...]:
    return tuple(round(float(value), 6) for value in values)
