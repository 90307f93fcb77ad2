from uuid import uuid4

from lectern.engine.background import Dispatcher
from tests.engine_house import House


def test_workers_are_told_of_cancels_before_new_runs_are_dispatched(house: House) -> None:
    run, ids = house.queued_run(), [uuid4(), uuid4()]
    dispatcher = Dispatcher(house.engine)  # not started: the round is made here
    for run_id in ids:
        dispatcher.announce_cancel(run_id)
    dispatcher._round()
    assert house.broker.cancels == ids
    assert house.broker.messages == [run.id]
    dispatcher._round()
    assert house.broker.cancels == ids


def test_cancels_that_a_broker_does_not_take_are_left_to_the_heartbeat(house: House) -> None:
    dispatcher = Dispatcher(house.engine)
    for _ in range(2000):
        dispatcher.announce_cancel(uuid4())
    house.broker.away = True
    dispatcher._round()
    house.broker.away = False
    dispatcher._round()
    assert house.broker.cancels == []
