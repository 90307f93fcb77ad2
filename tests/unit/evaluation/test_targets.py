"""What was promised for the kit is kept or missed by its numbers, and "not asked" where it was not measured."""

from typing import Any

import pytest

from evaluation.measuring.targets import targets


def figure(value: float, low: float = 0.0, high: float = 1.0) -> dict[str, Any]:
    return {"value": value, "ci95": [low, high]}


def report(**sets: Any) -> dict[str, Any]:
    course = {"name": "microbiology_given", "sets": sets, "refusal": None, "citations": None}
    return {"trials": [course], "latency": None}


DEFINED = {
    "own_declined": figure(0.02),
    "definitions": {"cites_gold": figure(0.95), "first_sentence": figure(0.8)},
}


def native(gain_from: float) -> dict[str, Any]:
    return {
        "retrieval": {
            "hit@5": figure(0.95),
            "mrr@10": {**figure(0.86), "minus_plain": figure(0.02, gain_from)},
        }
    }


def asked(report: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the promises that the report says something of."""
    rows = targets(report)
    assert len(rows) == 11
    assert all(one["reached"] == "not asked" for one in rows if one["met"] is None)
    return [one for one in rows if one["met"] is not None]


def test_a_gain_whose_interval_holds_zero_is_a_miss() -> None:
    assert [one["met"] for one in asked(report(micro_native=native(0.001)))] == [True]
    assert [one["met"] for one in asked(report(micro_native=native(-0.001)))] == [False]


def test_what_was_not_measured_is_not_asked() -> None:
    assert asked(report()) == []
    keywords = {"retrieval": {"hit@5": figure(0.799)}}
    (one,) = asked(report(micro_keywords=keywords))
    assert (one["met"], one["reached"]) == (False, "0.799 [0.000, 1.000]")
    (time,) = asked({**report(), "latency": {"passages": 2787, "wall": {"p50": 39.0, "p95": 120.0}}})
    assert not time["met"]
    assert asked({**report(), "latency": {"passages": 151, "wall": {"p50": 1.0, "p95": 1.0}}}) == []


def test_refusal_is_not_asked_without_foreign_questions() -> None:
    course = {
        "name": "python_textbook_ingested",
        "sets": {"python_definitions": {**DEFINED}},
        "citations": None,
    }
    assert [
        one["what"][:18] for one in asked({"trials": [{**course, "refusal": None}], "latency": None})
    ] == ["python_definitions"]
    declined = {"foreign_declined": figure(0.95)}
    both = asked({"trials": [{**course, "refusal": declined}], "latency": None})
    assert next(one["reached"] for one in both) == "95.0% at 2.0% of python_definitions"


def test_a_figure_that_an_asked_set_lacks_is_no_promise_that_was_not_asked() -> None:
    with pytest.raises(KeyError, match="hit@5"):
        targets(report(micro_keywords={"retrieval": {}}))
