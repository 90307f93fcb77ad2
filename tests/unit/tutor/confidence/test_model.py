import json

import pytest

from lectern.tutor.confidence.model import (
    ANSWERABLE,
    CALIBRATION,
    AnswerKind,
    ConfidenceModel,
    load_confidence_model,
    model_of,
)

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


@pytest.mark.parametrize("part", [*AnswerKind, ANSWERABLE])
def test_the_shipped_models_tell_their_version_and_react_to_what_is_found(part: str) -> None:
    model = load_confidence_model(part)
    typical = dict(zip(model.features, model.means, strict=True))
    worse = {**typical, "document_share": 0.1, "passage_score": 0.3, "top_cosine": 0.1, "kept_meaning": 0.3}
    assert model.version
    assert model.probability(worse) < model.probability(typical) - 0.1


def test_the_shipped_models_are_as_honest_as_their_file_says() -> None:
    stored = json.loads(CALIBRATION.read_text())
    for kind in AnswerKind:
        checked = stored[kind]["cross_validated"]["all"]
        assert checked["ece_excess"] < 0.02
        assert 0.85 < checked["slope"] < 1.15
        assert checked["auroc"] > 0.8
        assert sum(row["n"] for row in checked["reliability"]) == checked["n"]


def test_the_shipped_threshold_declines_foreign_questions_and_hardly_any_own() -> None:
    stored = json.loads(CALIBRATION.read_text())["declines"]
    fitted, other = stored["cross_validated"]["declined"], stored["other_course"]["declined"]
    assert fitted["micro_foreign, foreign"]["declined"] >= 0.92
    assert fitted["micro_native, own"]["declined"] <= 0.05
    assert other["python_foreign, foreign"]["declined"] >= 0.92
    assert other["python_definitions, own"]["declined"] <= 0.05


def test_each_fold_has_its_models_so_that_a_question_can_be_scored_unseen() -> None:
    stored = json.loads(CALIBRATION.read_text())
    for part in (*AnswerKind, ANSWERABLE):
        assert len([model_of(one) for one in stored[part]["folds"]["models"]]) == 5
