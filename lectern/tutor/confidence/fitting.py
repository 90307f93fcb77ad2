"""Fit a confidence model to labelled rows of features: a logistic regression with a ridge."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from lectern.tutor.confidence.logistic import fitted_weights
from lectern.tutor.confidence.model import ConfidenceModel

Floats = NDArray[np.float64]

#: Pull of the ridge towards 0, in the units of the log likelihood; keeps correlated features from running apart.
RIDGE = 1.0


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
    """Return the intercept, which nothing pulls, and one weight a column."""
    columns = np.column_stack([np.ones(len(standard)), standard])
    pull = np.array([0.0] + [RIDGE] * standard.shape[1])
    return fitted_weights(columns, right, centre=np.zeros(len(pull)), pull=pull)


def _rounded(values: Floats) -> tuple[float, ...]:
    return tuple(round(float(value), 6) for value in values)
