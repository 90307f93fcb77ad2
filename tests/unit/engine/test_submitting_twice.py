"""Idempotency keys: a request that is sent twice is one run."""

from typing import Any

import pytest

from lectern.engine.domain.run import Run, RunStatus
from lectern.engine.errors import KeyReused, UnknownWorkload
from lectern.engine.forgetting import KEYS_MARGIN_SECONDS, forget
from tests.engine_house import House

DAY = 86400


def _sent(house: House, key: str = "k", **changes: Any) -> Run:
    return house.queued_run(idempotency_key=key, **changes)


def _runs(house: House) -> int:
    return sum(house.engine.counts().values())


def test_a_request_that_is_sent_twice_is_one_run_however_it_stands(house: House) -> None:
    first = _sent(house, thread_key="t")
    assert _sent(house, thread_key="t") == first
    house.engine.cancel(first.id)
    again = _sent(house, thread_key="t")
    assert (again.id, again.status) == (first.id, RunStatus.CANCELLED)
    assert _runs(house) == 1
    thread = house.engine.thread("echo", "anna", "python_101", "t")
    assert len(thread.turns) == 1


def test_the_order_of_keys_in_a_request_does_not_matter(house: House) -> None:
    first = _sent(house, input={"question": "?", "context": {"a": 1, "b": 2}})
    assert _sent(house, input={"context": {"b": 2, "a": 1}, "question": "?"}).id == first.id


OTHERS: dict[str, dict[str, Any]] = {
    "another question": {"input": {"question": "What is tea?"}},
    "another course": {"tenant": "biology"},
    "another conversation": {"thread_key": "t2"},
    "other metadata": {"metadata": {"from": "lms"}},
}


@pytest.mark.parametrize("changes", OTHERS.values(), ids=OTHERS)
def test_a_key_of_another_request_is_refused_and_nothing_is_accepted(
    house: House, changes: dict[str, Any]
) -> None:
    _sent(house)
    with pytest.raises(KeyReused, match="'k' was given to another request"):
        _sent(house, **changes)
    assert _runs(house) == 1


def test_a_key_is_its_owners_own(house: House) -> None:
    assert _sent(house, owner="anna").id != _sent(house, owner="ben").id


def test_without_a_key_every_request_is_a_run(house: House) -> None:
    assert house.queued_run().id != house.queued_run().id


def test_a_key_is_free_again_after_a_day_though_nobody_deleted_it(house: House) -> None:
    first = _sent(house)
    house.clock.advance(DAY - 1)
    assert _sent(house).id == first.id
    house.clock.advance(1)
    second = _sent(house, input={"question": "What is tea?"})
    assert second.id != first.id
    house.clock.advance(DAY - 1)
    assert _sent(house, input={"question": "What is tea?"}).id == second.id


def test_old_keys_are_forgotten_and_others_stay(house: House) -> None:
    old = _sent(house, "old")
    house.clock.advance(DAY + KEYS_MARGIN_SECONDS)
    new = _sent(house, "new")
    house.clock.advance(1)
    forget(house.engine.retention, lambda ids: None, house.options)
    assert house.engine.retention.drop_keys(0, 10) == 1, "only the new one was left"
    assert old.id != new.id


def test_the_key_of_a_request_that_was_refused_is_free(house: House) -> None:
    with pytest.raises(UnknownWorkload):
        _sent(house, workload="nonsense")
    assert _sent(house).status is RunStatus.QUEUED
