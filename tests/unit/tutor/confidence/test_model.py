import pytest

from lectern.tutor.confidence.model import ConfidenceModel, load_confidence_model

MODEL = ConfidenceModel(
    version="test",
    features=("a", "b"),
    means=(1.0, 0.0),
    scales=(2.0, 1.0),
    weights=(1.0, -1.0),
    intercept=0.0,
)


def test_the_mean_gives_the_intercept() -> None:
    assert MODEL.probability({"a": 1.0, "b": 0.0}) == 0.5


def test_weights_pull_both_ways() -> None:
    assert MODEL.probability({"a": 3.0, "b": 0.0}) > 0.5 > MODEL.probability({"a": 1.0, "b": 1.0})


def test_an_unknown_feature_counts_as_its_mean() -> None:
    assert MODEL.probability({"b": 0.0}) == 0.5


def test_values_beyond_what_the_fit_saw_say_nothing_more() -> None:
    assert MODEL.probability({"a": 1e9, "b": 0.0}) == MODEL.probability({"a": 7.0, "b": 0.0})


def test_the_shipped_model_tells_its_version_and_reacts_to_what_is_missing() -> None:
    model = load_confidence_model()
    typical = dict(zip(model.features, model.means, strict=True))
    assert model.version
    assert model.probability({**typical, "kept_meaning": 0.5}) < model.probability(typical) - 0.1


def test_the_shipped_model_is_as_honest_as_its_file_says() -> None:
    import json

    from lectern.tutor.confidence.model import CALIBRATION

    checked = json.loads(CALIBRATION.read_text())["cross_validated"]
    assert checked["ece"] - checked["ece_floor"] < 0.03
    assert checked["auroc"] > 0.8
    assert sum(row["n"] for row in checked["reliability"]) == pytest.approx(2803)
