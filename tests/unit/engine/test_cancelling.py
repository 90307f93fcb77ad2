from typing import Any
from uuid import UUID, uuid4

import pytest

from lectern.engine.domain.run import Run, RunStatus
from lectern.engine.errors import UnknownRun
from lectern.engine.finishing import give_back, retry_later
from lectern.engine.retrying import RetryPolicy
from tests.engine_house import QUEUE, House, echo_workload, passing


def test_purge_ends_waiting_runs_and_those_in_backoff_and_lets_running_ones_go_on(house: House) -> None:
    queued, running, backoff = house.queued_run(), house.claimed_run(), house.claimed_run()
    retry_later(backoff, passing("Away."), RetryPolicy(), house.runs)
    assert house.engine.purge([QUEUE], house.runs.now()) == 2
    statuses = [house.engine.get(run.id).status for run in (queued, running, backoff)]
    assert statuses == [RunStatus.CANCELLED, RunStatus.RUNNING, RunStatus.CANCELLED]
    assert house.engine.get(queued.id).error == "Task was cancelled"


def test_purged_runs_do_not_come_back(house: House) -> None:
    house.queued_run()
    house.engine.purge([QUEUE], house.runs.now())
    house.clock.advance(100)
    assert house.engine.dispatch(QUEUE) == 0


def test_purge_touches_no_other_queue_and_no_run_that_came_after_it_began(house: House) -> None:
    house.add_workload(echo_workload("batch", queue="embeddings"))
    began = house.runs.now()
    house.clock.advance(1)
    run, batch = house.queued_run(), house.queued_run(workload="batch")
    assert house.engine.purge([QUEUE], began) == 0
    assert house.engine.purge(["embeddings"], house.runs.now()) == 1
    assert house.engine.get(run.id).status is RunStatus.QUEUED
    assert house.engine.get(batch.id).status is RunStatus.CANCELLED


def test_only_the_worker_of_a_run_that_is_executed_is_told(house: House) -> None:
    told: list[UUID] = []
    running, backoff = house.claimed_run(), house.claimed_run()
    retry_later(backoff, "Away.", house.runs, house.options)
    for run in (running, backoff, house.queued_run(), house.finished_run(), running):
        house.engine.cancel(run.id, told.append)
    assert told == [running.id]


def test_a_run_that_is_given_back_at_that_moment_is_cancelled_all_the_same(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, told = house.claimed_run(), list[UUID]()
    move = house.runs.move

    def racing(run_id: UUID, to: RunStatus, **how: Any) -> Run | None:
        if RunStatus.RUNNING in how["only_from"]:
            monkeypatch.undo()
            give_back(run, "Its worker stops", house.runs)
        return move(run_id, to, **how)

    monkeypatch.setattr(house.runs, "move", racing)
    assert house.engine.cancel(run.id, told.append).status is RunStatus.CANCELLED
    assert told == []


def test_cancelling_twice_or_after_the_end_changes_nothing(house: House) -> None:
    run = house.finished_run()
    assert house.engine.cancel(run.id).status is RunStatus.SUCCEEDED
    cancelled = house.engine.cancel(house.queued_run().id)
    assert house.engine.cancel(cancelled.id) == cancelled


def test_cancelling_what_does_not_exist_names_it(house: House) -> None:
    missing = uuid4()
    with pytest.raises(UnknownRun, match=str(missing)):
        house.engine.cancel(missing)
