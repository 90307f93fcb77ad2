"""Connections that many threads share: how many there are, and that a call within a call waits for none."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from threading import Barrier, Lock

import pytest
from django.db import connection

from lectern.adapters.sql import lending
from lectern.adapters.sql.calls import store_call, store_write
from lectern.base.threads import DaemonThreads
from tests.engine_house import House

MANY = 32


@pytest.fixture
def house(transactional_db: None) -> House:
    if connection.vendor != "postgresql":
        pytest.skip("`make test-postgres` runs it")
    return House()


@pytest.fixture
def threads(house: House) -> Iterator[DaemonThreads]:
    threads = DaemonThreads(MANY, "many")
    yield threads
    threads.shutdown(wait=False)


def test_many_threads_hold_few_connections(threads: DaemonThreads) -> None:
    here, most, count, all_are_lent = set[int](), 0, Lock(), Barrier(lending.SHARED)

    def ask() -> None:
        nonlocal most
        with store_call(), connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            pid = cursor.fetchone()[0]
            with count:
                assert pid not in here
                here.add(pid)
                most = max(most, len(here))
            all_are_lent.wait(30)
            cursor.execute("SELECT pg_sleep(0.05)")  # more than these would come meanwhile
            with count:
                here.discard(pid)

    for asked in [threads.submit(ask) for _ in range(4 * lending.SHARED)]:
        asked.result(30)
    assert most == lending.SHARED


@pytest.mark.parametrize("outer", [store_call, store_write])
def test_a_call_within_a_call_needs_no_second_connection(
    house: House, threads: DaemonThreads, outer: Callable[[], AbstractContextManager[None]]
) -> None:
    all_are_inside = Barrier(lending.SHARED)
    runs = [house.queued_run() for _ in range(lending.SHARED)]

    def ask(number: int) -> bool:
        with outer():
            all_are_inside.wait(30)
            return house.engine.get(runs[number].id) == runs[number]

    asked = [threads.submit(ask, number) for number in range(lending.SHARED)]
    assert all(one.result(30) for one in asked)


def test_a_shared_connection_that_died_is_made_anew(
    house: House, threads: DaemonThreads, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(connection.settings_dict, "CONN_MAX_AGE", 600)
    monkeypatch.setattr(lending, "_free", [])
    run = house.queued_run()
    dead = lending._new()
    with dead.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        pid = cursor.fetchone()[0]
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
    # The thread got an answer a moment ago, but from another connection.
    assert threads.submit(house.engine.get, run.id).result(30) == run
    lending._free.append(dead)
    try:
        assert threads.submit(house.engine.get, run.id).result(30) == run
    finally:
        for lent in lending._free:
            lent.close()
