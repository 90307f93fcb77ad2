from concurrent.futures import ThreadPoolExecutor

import pytest

from lectern.adapters.sql.models import WorkerRow
from lectern.engine.errors import BrokerUnavailable
from lectern.engine.finishing import retry_later
from lectern.engine.retrying import RetryPolicy
from tests.engine_house import QUEUE, House, passing


def test_the_broker_carries_a_window_never_the_backlog(house: House) -> None:
    house.lease(slots=10)
    runs = [house.queued_run() for _ in range(30)]
    assert house.engine.dispatch(QUEUE) == 20
    assert house.engine.dispatch(QUEUE) == 0
    assert house.broker.messages == [run.id for run in runs[:20]]


def test_a_finished_run_makes_room_for_the_next(house: House) -> None:
    lease = house.lease(slots=10)
    runs = [house.queued_run() for _ in range(30)]
    house.engine.dispatch(QUEUE)
    house.execute(runs[0], lease)
    assert house.engine.dispatch(QUEUE) == 1


def test_a_broker_that_is_away_loses_nothing(house: House) -> None:
    run = house.queued_run()
    house.broker.away = True
    with pytest.raises(BrokerUnavailable):
        house.engine.dispatch(QUEUE)
    house.broker.away = False
    house.engine.dispatch(QUEUE)
    assert house.broker.messages == [run.id]


def test_two_dispatchers_send_each_run_once(house: House) -> None:
    house.lease(slots=50)
    runs = [house.queued_run() for _ in range(40)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: house.engine.dispatch(QUEUE), range(4)))
    assert sorted(house.broker.messages) == sorted(run.id for run in runs)


def test_only_the_first_of_a_thread_is_published(house: House) -> None:
    first, _second = house.queued_run(thread_key="t"), house.queued_run(thread_key="t")
    house.engine.dispatch(QUEUE)
    assert house.broker.messages == [first.id]


def test_a_run_in_backoff_is_published_when_its_time_has_come(house: House) -> None:
    run = house.claimed_run()
    retry_later(run, passing("Away."), RetryPolicy(), house.runs)
    assert house.engine.dispatch(QUEUE) == 0
    house.clock.advance(RetryPolicy().first_pause_seconds + 0.1)
    assert house.engine.dispatch(QUEUE) == 1


def test_each_queue_has_its_own_window(house: House) -> None:
    lease = house.lease()
    lease.workers.leave(lease.worker_id)
    lease.slots = {QUEUE: 3, "embeddings": 50}
    lease.begin()
    for _ in range(30):
        house.queued_run()
    assert house.engine.dispatch(QUEUE) == max(house.options.window_floor, 2 * 3)


def test_a_row_of_a_worker_of_the_version_before_is_read(house: House) -> None:
    lease = house.lease(slots=20)
    WorkerRow.objects.filter(id=lease.worker_id).update(queue_slots=None)
    (worker,) = house.engine.live_workers(QUEUE)
    assert worker.slots == {QUEUE: 20}
