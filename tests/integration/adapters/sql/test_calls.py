"""How the store is reached: within somebody else's transaction, and while somebody else holds SQLite's lock."""

import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import OperationalError, ProgrammingError, connection, transaction

from lectern.adapters.sql import calls
from lectern.adapters.sql.models import CourseRow
from lectern.engine.errors import StoreRefuses, StoreUnavailable
from tests.engine_house import House


@pytest.fixture
def house(transactional_db: None) -> House:
    return House()


def test_a_callers_transaction_stays_the_callers(house: House) -> None:
    with transaction.atomic():
        CourseRow.objects.create(id="mine", key=1, title="Mine", created_at=house.clock.now())
        run = house.queued_run()
        assert house.engine.get(run.id) == run
    assert CourseRow.objects.filter(id="mine").exists()
    assert house.engine.get(run.id) == run


def test_a_transaction_that_is_rolled_back_takes_its_questions_with_it(house: House) -> None:
    with transaction.atomic():
        run = house.queued_run()
        transaction.set_rollback(True)
    assert house.runs.get(run.id) is None


def test_while_somebody_holds_sqlites_lock_all_writers_give_up_together(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL has many writers")
    monkeypatch.setattr(calls, "TURN_SECONDS", 0.5)
    name = connection.settings_dict["NAME"]

    def write(_number: int) -> str:
        try:
            with calls.store_call():
                connection.ensure_connection()
                connection.connection.execute("PRAGMA busy_timeout = 500")
            house.queued_run()
        except StoreUnavailable as exc:
            return str(exc)
        finally:
            connection.close()
        return "accepted"

    holder = sqlite3.connect(name, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    try:
        began = time.monotonic()
        with ThreadPoolExecutor(40) as threads:
            said = list(threads.map(write, range(40)))
        assert all("database" in sentence for sentence in said)
        # One after another they would take 40 times as long as one.
        assert time.monotonic() - began < 40 * 0.5 / 2
    finally:
        holder.close()
    house.queued_run()


def test_a_value_that_sql_does_not_take_is_no_outage(house: House) -> None:
    with pytest.raises(StoreRefuses), calls.store_write():
        CourseRow.objects.create(id="mine", key=1, title=None, created_at=house.clock.now())


def test_a_database_that_is_not_migrated_says_what_to_do(house: House) -> None:
    with pytest.raises(StoreUnavailable, match=r"manage\.py migrate"), calls.store_call():
        connection.cursor().execute("SELECT 1 FROM lectern_nothing")


@pytest.mark.parametrize(
    ("error", "said"),
    [
        pytest.param(OperationalError("no such table: lectern_run"), "not prepared", id="SQLite"),
        pytest.param(
            ProgrammingError('relation "lectern_run" does not exist'), "not prepared", id="PostgreSQL"
        ),
        pytest.param(
            OperationalError('FATAL: database "x" does not exist'), "does not answer", id="no database"
        ),
        pytest.param(OperationalError('FATAL: role "x" does not exist'), "does not answer", id="no role"),
    ],
)
def test_migrate_is_advised_where_tables_are_missing_and_nowhere_else(
    transactional_db: None, error: Exception, said: str
) -> None:
    with pytest.raises(StoreUnavailable, match=said), calls.store_call():
        raise error
