"""Figures against values that were computed by hand."""

import numpy as np
import pytest

from evaluation.measuring.statistics import confidence_figures, draws, is_drop, mean


def test_each_resample_draws_as_many_questions_as_there_are() -> None:
    drawn = draws(["b", "a", "c"], 50)
    assert drawn.shape == (50, 3)
    assert (drawn.sum(1) == 3).all()


def test_the_order_of_the_file_plays_no_part() -> None:
    one, other = draws(["b", "a", "c"]), draws(["c", "b", "a"])
    assert (one[:, 0] == other[:, 1]).all()
    assert (one[:, 2] == other[:, 0]).all()


def test_the_mean_of_shares_has_the_binomial_interval() -> None:
    figure = mean([1.0] * 80 + [0.0] * 20)
    assert figure is not None
    assert figure["value"] == 0.8
    # 1.96 · sqrt(.8 · .2 / 100) = .0784
    assert figure["ci95"] == pytest.approx([0.8 - 0.0784, 0.8 + 0.0784], abs=0.012)
    assert mean([]) is None


def test_a_drop_has_all_of_its_interval_below_zero() -> None:
    assert is_drop({"value": -0.1, "ci95": [-0.2, -0.01]})
    assert not is_drop({"value": -0.1, "ci95": [-0.2, 0.0]})
    assert not is_drop({"value": 0.1, "ci95": [0.01, 0.2]})


def test_a_constant_confidence_at_the_base_rate_has_no_error_but_no_skill_either() -> None:
    said, was = np.full(200, 0.5), np.array([0.0, 1.0] * 100)
    figures = confidence_figures(said, was, draws([f"{at:03}" for at in range(200)]))
    assert figures["ece"]["value"] == pytest.approx(0)
    # |mean of 200 fair coins less .5| is on average .5 · sqrt(2 / (π · 200)) = .0282
    assert figures["ece"]["floor"] == pytest.approx(0.0282, abs=0.002)
    assert figures["brier_skill"]["value"] == pytest.approx(0)
    assert figures["auroc"]["value"] == 0.5
    assert figures["base_rate"] == 0.5
    assert [row["n"] for row in figures["reliability"]] == [200]
