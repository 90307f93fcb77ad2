"""Figures that say how honest a confidence is, against values that were computed by hand."""

from typing import Any

import numpy as np
import pytest

from lectern.tutor.confidence.measuring import (
    auroc,
    brier,
    brier_skill,
    calibration_error,
    calibration_floor,
    calibration_slope,
    reliability,
)

RANDOM = np.random.default_rng(5)
CONFIDENCE = RANDOM.random(2000)
HONEST = (RANDOM.random(2000) < CONFIDENCE).astype(float)


def test_an_honest_confidence_has_no_more_error_than_chance() -> None:
    assert calibration_error(CONFIDENCE, HONEST) < 2 * calibration_floor(CONFIDENCE)


def test_a_boaster_is_found_out() -> None:
    assert calibration_error(np.full(1000, 0.9), np.repeat([1.0, 0.0], 500)) == pytest.approx(0.4, abs=0.05)


def test_the_reliability_table_counts_everybody_once() -> None:
    table = reliability(CONFIDENCE, HONEST)
    assert sum(row["n"] for row in table) == 2000
    assert [row["confidence"] for row in table] == sorted(row["confidence"] for row in table)


def test_auroc_is_the_chance_that_right_beats_wrong() -> None:
    assert auroc(np.array([0.9, 0.8, 0.1]), np.array([1.0, 1.0, 0.0])) == 1.0
    assert auroc(np.array([0.5, 0.5]), np.array([1.0, 0.0])) == 0.5
    assert auroc(np.array([0.5, 0.6]), np.array([1.0, 1.0])) is None


def test_brier_is_the_mean_square() -> None:
    assert brier(np.array([1.0, 0.5]), np.array([1.0, 0.0])) == 0.125


def test_the_skill_is_nothing_for_the_base_rate_and_all_for_the_truth() -> None:
    right = np.array([1.0, 1.0, 1.0, 0.0])
    assert brier_skill(np.full(4, 0.75), right) == pytest.approx(0)
    assert brier_skill(right, right) == 1
    assert brier_skill(right, np.ones(4)) is None


def test_an_honest_confidence_has_the_slope_one() -> None:
    assert calibration_slope(CONFIDENCE, HONEST) == (pytest.approx(1, abs=0.1), pytest.approx(0, abs=0.15))


def test_confidences_that_are_too_extreme_have_a_small_slope() -> None:
    odds = (CONFIDENCE / (1 - CONFIDENCE)) ** 2
    assert calibration_slope(odds / (1 + odds), HONEST) == (
        pytest.approx(0.5, abs=0.1),
        pytest.approx(0, abs=0.2),
    )


@pytest.mark.parametrize(
    ("confidence", "right"),
    [
        pytest.param([0.5, 0.5, 0.5, 0.5], [0, 1, 0, 1], id="all confidences are alike"),
        pytest.param([0.2, 0.8], [1, 1], id="all are right"),
        pytest.param([0.2, 0.8], [0, 0], id="all are wrong"),
        pytest.param([0.1, 0.4, 0.6, 0.9], [0, 0, 1, 1], id="parted"),
        pytest.param([0.1, 0.6, 0.6, 0.9], [0, 0, 1, 1], id="parted but for one tie"),
        pytest.param([0.1, 0.4, 0.6, 0.9], [1, 1, 0, 0], id="parted the other way round"),
    ],
)
def test_a_slope_that_has_no_end_is_none(confidence: list[float], right: list[float]) -> None:
    assert calibration_slope(np.array(confidence), np.array(right, float)) is None


@pytest.mark.parametrize(
    ("said", "was"),
    [
        pytest.param(np.array([0.2, 0.4, 0.6, 0.8]), np.array([0.0, 1.0, 0.0, 1.0]), id="four answers"),
        # Steps as long as Newton's method asks for run past the best and never come back.
        pytest.param(np.minimum(CONFIDENCE**0.1, 0.999), HONEST, id="far too sure of everything"),
    ],
)
def test_the_slope_has_the_highest_likelihood(said: Any, was: Any) -> None:
    slope, intercept = calibration_slope(said, was) or (0.0, 0.0)
    logit = np.log(said / (1 - said))
    left = was - 1 / (1 + np.exp(-(slope * logit + intercept)))
    # At the highest point of the likelihood its slope is 0 in both directions.
    assert left.sum() == pytest.approx(0, abs=1e-6)
    assert (left * logit).sum() == pytest.approx(0, abs=1e-6)
