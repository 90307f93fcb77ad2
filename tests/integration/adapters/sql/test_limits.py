"""How long a statement may take: bounded in calls on the store, except for those that move much; never elsewhere."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import connection

from lectern.adapters.sql import limits
from lectern.adapters.sql.calls import store_call, store_read, store_write
from lectern.engine.errors import StoreUnavailable
from tests.engine_house import House


@contextmanager
def _limited_to(seconds: float) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(limits, "STATEMENT_SECONDS", seconds)
        yield


@pytest.fixture
def house(transactional_db: None) -> Iterator[House]:
    if connection.vendor != "postgresql":
        pytest.skip("`make test-postgres` runs it")
    connection.close()  # it may be older than this fixture
    yield House()
    with connection.cursor() as cursor:  # what was given up still sleeps, and holds the database
        others = "datname = current_database() AND pid <> pg_backend_pid()"
        cursor.execute(f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE {others}")


def _sleep(seconds: float) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(%s)", [seconds])


@pytest.mark.parametrize("call", [store_call, store_write])
def test_a_statement_that_gets_no_answer_is_given_up_and_the_next_one_has_a_connection(house, call) -> None:  # type: ignore[no-untyped-def]
    refused = pytest.raises(StoreUnavailable, match=r"said nothing for 0\.5 seconds")
    with _limited_to(0.5), refused, call():
        _sleep(60)
    run = house.queued_run()
    assert house.engine.get(run.id) == run


def test_a_read_that_gets_no_answer_is_given_up(house: House) -> None:
    house.engine.runs.now()
    with _limited_to(0.5), pytest.raises(StoreUnavailable, match="said nothing"):
        store_read(lambda: _sleep(60))


def test_what_moves_much_takes_its_time(house: House) -> None:
    with _limited_to(0.5), store_write(unlimited=True):
        _sleep(1)


def test_a_migration_takes_its_time(house: House) -> None:
    with _limited_to(2):
        house.engine.runs.now()  # the same connection was limited a moment ago
    _sleep(3)
