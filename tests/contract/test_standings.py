"""What `Standings` promises where two databases differ: on SQLite, and on PostgreSQL by `make test-postgres`."""

import json
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from lectern.adapters.sql import standings as module
from lectern.engine.domain.run import RunStatus
from lectern.engine.resubmitting import RETRY_OF
from tests.engine_house import House, echo_workload


@pytest.fixture
def house(transactional_db: None) -> House:
    return House()


def test_a_standing_tells_what_the_row_holds(house: House) -> None:
    result = {"answer": "Größe 什么 😀 \\u0000 \x01", "large": 2**63, "deep": [{"a": [None, True, 1.5]}]}
    queued = house.queued_run(thread_key="t", metadata={RETRY_OF: "x", "from": "lms"})
    running, done, alone = (
        house.claimed_run(), house.finished_run(result), house.queued_run(in_thread=False)
    )  # fmt: skip
    house.clock.advance(7)
    told = house.engine.standings.standings([queued.id, running.id, done.id, alone.id, uuid4()])
    assert set(told) == {queued.id, running.id, done.id, alone.id}
    for run in (queued, running, done, alone):
        for name in ("id", "status", "step", "attempt", "created_at", "thread_key", "error", "ended"):
            assert getattr(told[run.id], name) == getattr(run, name), name
        assert json.loads(told[run.id].result_json or "null") == run.result
    assert told[queued.id].retry_of == "x"
    assert (told[running.id].retry_of, told[alone.id].thread_key) == ("", "")
    if connection.vendor == "sqlite":  # PostgreSQL has a clock of its own
        assert told[done.id].ended_for == 7
    assert told[running.id].ended_for is None


def test_a_position_counts_those_that_wait_in_front_in_the_same_queue(house: House) -> None:
    runs = [house.queued_run() for _ in range(5)]
    house.engine.cancel(runs[1].id)
    told = house.engine.standings.standings([run.id for run in runs])
    assert [told[run.id].position for run in runs] == [1, None, 2, 3, 4]
    assert told[runs[1].id].status is RunStatus.CANCELLED


def test_promise_4_who_waits_in_another_queue_is_in_front_of_nobody(house: House) -> None:
    house.add_workload(echo_workload("batch", queue="embeddings"))
    house.queued_run(workload="batch")
    assert house.engine.standing(house.queued_run().id).position == 1


def test_many_polls_read_the_order_of_the_queue_once(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    runs = [house.queued_run() for _ in range(5)]
    monkeypatch.setattr(module, "_ORDER_SECONDS", 60)
    with CaptureQueriesContext(connection) as queries:
        for run in runs:
            house.engine.standing(run.id)
    assert sum("ORDER BY seq" in query["sql"] for query in queries) == 1
    monkeypatch.setattr(module, "_ORDER_SECONDS", 0)
    house.engine.cancel(runs[0].id)
    assert house.engine.standing(runs[4].id).position == 4


def test_a_connection_that_died_since_the_last_look_is_made_anew(house: House) -> None:
    if connection.vendor == "sqlite":
        pytest.skip("a file does not go away")
    run = house.queued_run()
    connection.ensure_connection()
    connection.close_at = None
    connection.connection.close()
    assert house.engine.standing(run.id).id == run.id
