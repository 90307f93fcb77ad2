import time
from collections.abc import Sequence
from threading import Event, get_ident
from uuid import UUID, uuid4

import pytest

from lectern.engine.background import Dispatcher, Repeater
from lectern.engine.errors import BrokerUnavailable
from tests.engine_house import QUEUE, House, echo_workload


def test_workers_are_told_of_cancels_before_new_runs_are_dispatched(house: House) -> None:
    run, ids = house.queued_run(), [uuid4(), uuid4()]
    dispatcher = Dispatcher(house.engine)  # not started: the round is made here
    for run_id in ids:
        dispatcher.announce_cancel(run_id)
    dispatcher.poke()
    dispatcher._round()
    assert house.broker.cancels == ids
    assert house.broker.messages == [run.id]
    dispatcher._round()
    assert house.broker.cancels == ids


def test_promise_6_whoever_submits_does_not_publish(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    published_by, published = list[int](), Event()

    def publish(queue: str, run_ids: Sequence[UUID]) -> None:
        published_by.append(get_ident())
        published.set()

    monkeypatch.setattr(house.broker, "publish", publish)
    house.queued_run()
    dispatcher = Dispatcher(house.engine)
    dispatcher.start()
    dispatcher.poke(QUEUE)
    assert published.wait(30)
    dispatcher._thread.stop()
    assert len(published_by) == 1
    assert published_by != [get_ident()]


def test_cancels_that_a_broker_does_not_take_are_left_to_the_heartbeat_and_hold_nobody(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[UUID] = []

    def away(run_id: UUID) -> None:
        tried.append(run_id)
        raise BrokerUnavailable("The broker is away.")

    monkeypatch.setattr(house.broker, "announce_cancel", away)
    dispatcher = Dispatcher(house.engine)
    for _ in range(2000):
        dispatcher.announce_cancel(uuid4())
    dispatcher._round()
    dispatcher._round()
    assert len(tried) == 1


def test_only_the_queues_that_were_named_are_looked_at(house: House) -> None:
    house.add_workload(echo_workload("batch", queue="embeddings"))
    batch, run = house.queued_run(workload="batch"), house.queued_run()
    dispatcher = Dispatcher(house.engine)
    dispatcher.poke(QUEUE)
    dispatcher._round()
    assert house.broker.messages == [run.id]
    dispatcher.poke()
    dispatcher._round()
    assert house.broker.messages == [run.id, batch.id]


def test_however_often_it_is_poked_a_thread_rests_between_two_rounds() -> None:
    rounds, second = list[float](), Event()

    def step() -> None:
        rounds.append(time.monotonic())
        repeater.poke()
        if len(rounds) == 2:
            second.set()

    repeater = Repeater("test", step, None, rest_seconds=0.2)
    repeater.start()
    assert second.wait(30)
    repeater.stop()
    assert rounds[1] - rounds[0] >= 0.2
