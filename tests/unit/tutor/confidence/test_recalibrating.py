import numpy as np
import pytest

from lectern.tutor.confidence.recalibrating import FEWEST, recalibrate
from lectern.tutor.errors import NotRecalibrated


def judged(count: int, *, slope: float, intercept: float) -> tuple[list[float], list[bool]]:
    """Return confidences, and judgements that come true by another logistic than they promise."""
    random = np.random.default_rng(11)
    logits = random.normal(0.8, 1.2, count)
    true = 1 / (1 + np.exp(-(slope * logits + intercept)))
    confidences = 1 / (1 + np.exp(-logits))
    return confidences.tolist(), [bool(one) for one in random.random(count) < true]


def test_many_judgements_find_how_they_differ_from_what_was_promised() -> None:
    found = recalibrate(*judged(5000, slope=0.6, intercept=-0.7))
    assert found.slope == pytest.approx(0.6, abs=0.1)
    assert found.intercept == pytest.approx(-0.7, abs=0.1)
    assert found.brier_after < found.brier_before
    assert found.applied(0.9) < 0.75


def test_a_correction_keeps_the_order_of_answers_and_stays_a_probability() -> None:
    found = recalibrate(*judged(800, slope=0.6, intercept=-1.5))
    applied = [found.applied(confidence) for confidence in (0.0, 0.3, 0.6, 0.9, 1.0)]
    assert applied == sorted(applied)
    assert 0 < applied[0] < applied[-1] < 1


def test_few_judgements_move_a_confidence_less_than_many() -> None:
    few = recalibrate(*judged(80, slope=1.0, intercept=-2.0))
    many = recalibrate(*judged(5000, slope=1.0, intercept=-2.0))
    assert many.applied(0.8) < few.applied(0.8) < 0.8


def test_too_few_judgements_are_refused_with_their_number() -> None:
    confidences, right = judged(FEWEST - 1, slope=1.0, intercept=-1.0)
    with pytest.raises(NotRecalibrated, match=f"{FEWEST - 1} answers were judged.*it takes {FEWEST}"):
        recalibrate(confidences, right)


def test_judgements_of_one_kind_are_refused() -> None:
    with pytest.raises(NotRecalibrated, match="200 of them right and 0 wrong"):
        recalibrate([0.5] * 200, [True] * 200)


def test_judgements_that_contradict_the_confidence_are_no_correction() -> None:
    confidences, right = judged(2000, slope=-1.0, intercept=0.0)
    with pytest.raises(NotRecalibrated, match="do not follow the confidence"):
        recalibrate(confidences, right)


def test_a_correction_that_comes_no_nearer_is_not_made() -> None:
    confidences = [0.2] * 100 + [0.8] * 100
    right = [place % 25 < 5 for place in range(100)] + [place % 25 >= 5 for place in range(100)]
    with pytest.raises(NotRecalibrated, match="no nearer"):
        recalibrate(confidences, right)
