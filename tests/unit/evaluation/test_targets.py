"""What was promised for the kit is kept or missed by its numbers, and left out where it was not measured."""

from typing import Any

from evaluation.measuring.targets import targets


def figure(value: float, low: float = 0.0, high: float = 1.0) -> dict[str, Any]:
    return {"value": value, "ci95": [low, high]}


def report(**sets: Any) -> dict[str, Any]:
    course = {"name": "microbiology_given", "sets": sets, "refusal": None, "citations": None}
    return {"trials": [course], "latency": None}


def native(gain_from: float) -> dict[str, Any]:
    return {
        "retrieval": {
            "hit@5": figure(0.95),
            "mrr@10": {**figure(0.86), "minus_plain": figure(0.02, gain_from)},
        }
    }


def test_a_gain_whose_interval_holds_zero_is_a_miss() -> None:
    assert [one["met"] for one in targets(report(micro_native=native(0.001)))] == [True]
    assert [one["met"] for one in targets(report(micro_native=native(-0.001)))] == [False]


def test_what_was_not_measured_is_left_out() -> None:
    assert targets(report()) == []
    keywords = {"retrieval": {"hit@5": figure(0.799)}}
    (one,) = targets(report(micro_keywords=keywords))
    assert (one["met"], one["reached"]) == (False, "0.799 [0.000, 1.000]")
    (time,) = targets({**report(), "latency": {"passages": 2787, "wall": {"p50": 39.0, "p95": 120.0}}})
    assert not time["met"]
    assert targets({**report(), "latency": {"passages": 151, "wall": {"p50": 1.0, "p95": 1.0}}}) == []
