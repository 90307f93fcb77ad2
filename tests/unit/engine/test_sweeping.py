from typing import Any

import pytest

from lectern.engine import sweeping
from lectern.engine.domain.run import Run, RunStatus
from lectern.engine.errors import BrokerUnavailable
from lectern.engine.sweeping import redeliver
from tests.engine_house import QUEUE, House, claim


def test_the_runs_of_a_lost_worker_are_taken_back(house: House) -> None:
    run = house.claimed_run()
    assert house.engine.take_back() == 0
    house.clock.advance(house.options.lease_seconds + 0.1)
    assert house.engine.take_back() == 1
    assert house.engine.get(run.id).status is RunStatus.QUEUED


def test_a_worker_that_beats_keeps_its_runs(house: House) -> None:
    lease = house.lease()
    run = house.claimed_run(lease)
    lease.hold(run.token, lambda: None, run_id=run.id)  # type: ignore[arg-type]
    for _ in range(10):
        house.clock.advance(house.options.heartbeat_seconds)
        lease.beat()
    assert house.engine.take_back() == 0


def test_a_worker_that_left_has_its_runs_taken_back_at_once(house: House) -> None:
    lease = house.lease()
    house.claimed_run(lease)
    lease.end()
    assert house.engine.take_back() == 1


def test_the_runs_of_a_lost_worker_are_read_a_few_at_a_time(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    lease, read, abandoned = house.lease(), [], house.runs.abandoned

    def counted(*args: Any) -> list[Run]:
        found = abandoned(*args)
        read.append(len(found))
        return found

    monkeypatch.setattr(sweeping, "_LOST_AT_ONCE", 2)
    monkeypatch.setattr(house.runs, "abandoned", counted)
    for _ in range(5):
        house.claimed_run(lease)
    lease.end()
    assert house.engine.take_back() == 5
    assert read == [2, 2, 1, 0]


def test_a_run_whose_workers_die_again_and_again_fails_with_a_sentence(house: House) -> None:
    run_id = house.queued_run().id
    for _ in range(5):
        assert claim(run_id, house.lease().worker_id, "x", house.runs)
        house.clock.advance(house.options.lease_seconds + 0.1)
        house.engine.take_back()
    run = house.engine.get(run_id)
    assert (run.status, run.error) == (RunStatus.FAILED, "Its worker was lost 5 times.")


def test_messages_that_a_broker_lost_are_sent_again_while_a_slot_is_free(house: House) -> None:
    run = house.queued_run()
    house.engine.dispatch(QUEUE)
    house.broker.messages.clear()
    house.clock.advance(house.options.redelivery_seconds + 0.1)
    assert redeliver([QUEUE], lambda queue: True, house.runs, house.options) == 1
    house.engine.dispatch(QUEUE)
    assert house.broker.messages == [run.id]


def test_messages_that_wait_for_a_slot_are_not_sent_again(house: House) -> None:
    house.queued_run()
    house.engine.dispatch(QUEUE)
    house.clock.advance(60)
    assert redeliver([QUEUE], lambda queue: False, house.runs, house.options) == 0


def test_every_outcome_is_copied_to_celerys_backend_once_it_can_be(house: House) -> None:
    run, cancelled = house.finished_run(), house.queued_run()
    house.engine.cancel(cancelled.id)
    assert house.engine.copy_results() == 2
    assert house.engine.copy_results() == 0
    assert {copy.status for copy in house.broker.copies.values()} == {
        RunStatus.SUCCEEDED,
        RunStatus.CANCELLED,
    }
    assert house.broker.copies[run.id].result == {"answer": "A language."}


def test_a_copy_that_no_backend_took_is_made_at_a_later_sweep(house: House) -> None:
    run = house.finished_run()
    house.broker.away = True
    with pytest.raises(BrokerUnavailable):
        house.engine.copy_results()
    house.broker.away = False
    assert house.engine.copy_results() == 1
    assert list(house.broker.copies) == [run.id]
