import numpy as np
import pytest

from lectern.tutor.confidence.fitting import fit


def drawn(weight: float, size: int = 4000) -> tuple[list[dict[str, float]], list[bool]]:
    random = np.random.default_rng(3)
    values = random.normal(2.0, 4.0, size)
    likely = 1 / (1 + np.exp(-weight * (values - 2.0) / 4.0 - 0.5))
    rows = [{"signal": float(value), "constant": 7.0} for value in values]
    return rows, [bool(one) for one in random.random(size) < likely]


def test_the_fit_finds_the_weights_that_made_the_labels() -> None:
    rows, right = drawn(1.5)
    model = fit(rows, right, version="v")
    weights = dict(zip(model.features, model.weights, strict=True))
    assert weights["signal"] == pytest.approx(1.5, abs=0.15)
    assert weights["constant"] == pytest.approx(0, abs=1e-6)
    assert model.intercept == pytest.approx(0.5, abs=0.1)


def test_labels_without_a_reason_give_their_share() -> None:
    rows, _ = drawn(0.0)
    model = fit(rows, [place % 4 == 0 for place in range(len(rows))], version="v")
    assert model.probability({"signal": 2.0, "constant": 7.0}) == pytest.approx(0.25, abs=0.02)


def test_perfectly_separable_labels_do_not_run_away() -> None:
    rows = [{"signal": float(value)} for value in (-2, -1, 1, 2)]
    model = fit(rows, [False, False, True, True], version="v")
    assert all(np.isfinite(model.weights))


def test_a_feature_that_a_row_lacks_counts_as_its_mean() -> None:
    rows, right = drawn(1.5)
    lacking = [{"constant": 7.0} if place % 10 == 0 else row for place, row in enumerate(rows)]
    weights = fit(lacking, right, version="v")
    assert dict(zip(weights.features, weights.weights, strict=True))["signal"] == pytest.approx(1.5, abs=0.2)
    assert weights.probability({"constant": 7.0}) == weights.probability({"signal": weights.means[1]})
