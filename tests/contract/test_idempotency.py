"""Two requests with one key at the same moment: on SQLite, and on PostgreSQL by `make test-postgres`."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest

from lectern.adapters.sql.models import IdempotencyRow
from lectern.engine.domain.run import Run
from lectern.engine.errors import KeyReused, StoreRefuses
from tests.engine_house import House

AT_ONCE = 8


@pytest.fixture
def houses(transactional_db: None) -> list[House]:
    """As many web processes would be: they share nothing but the database."""
    return [House() for _ in range(AT_ONCE)]


def _at_once(houses: list[House], **values: Any) -> list[Run]:
    begin = Barrier(len(houses))

    def send(house: House) -> Run:
        begin.wait(30)
        return house.queued_run(idempotency_key="k", **values)

    with ThreadPoolExecutor(len(houses)) as pool:
        return list(pool.map(send, houses))


@pytest.mark.parametrize("thread_key", [None, "t"], ids=["a new conversation", "a named one"])
def test_of_many_at_once_one_becomes_a_run_and_all_get_it(
    houses: list[House], thread_key: str | None
) -> None:
    for _ in range(5):
        assert len({run.id for run in _at_once(houses, thread_key=thread_key)}) == 1
    assert sum(houses[0].engine.counts().values()) == 1


def test_an_expired_key_that_many_take_at_once_becomes_one_run(houses: list[House]) -> None:
    first = _at_once(houses)[0]
    earlier = houses[0].clock.now().replace(year=2001)
    IdempotencyRow.objects.update(created_at=earlier)
    second = {run.id for run in _at_once(houses)}
    assert len(second) == 1
    assert first.id not in second


def test_a_key_whose_request_could_not_be_stored_is_free(houses: list[House]) -> None:
    house = houses[0]
    with pytest.raises(StoreRefuses):
        house.queued_run(idempotency_key="k", tenant="\ud800")
    assert house.queued_run(idempotency_key="k", tenant="micro")
    with pytest.raises(KeyReused):
        house.queued_run(idempotency_key="k", tenant="biology")
