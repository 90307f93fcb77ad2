"""A process that executes runs: what its heartbeat and its sweep do, and what it does when it cannot work."""

import asyncio
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import pytest

from lectern.engine import working as working_module
from lectern.engine.domain.run import RunStatus
from lectern.engine.errors import StoreUnavailable, WorkerBroken
from lectern.engine.finishing import give_back
from lectern.engine.options import EngineOptions
from lectern.engine.working import WorkerProcess
from tests.engine_house import House, echo_workload
from tests.waiting import until

#: After its first beat it beats by hand only.
SLOW = EngineOptions(heartbeat_seconds=600, lease_seconds=100)


@contextmanager
def working(house: House, on_dead_loop: Callable[[], None] = lambda: None) -> Iterator[WorkerProcess]:
    @asynccontextmanager
    async def saver() -> AsyncIterator[Any]:
        yield house.saver

    # Without a sweeper of its own: the tests sweep by hand.
    worker = WorkerProcess(house.engine, saver, house.lease(), sweeps=False, on_dead_loop=on_dead_loop)
    worker.start()
    try:
        yield worker
    finally:
        worker.stop()


@pytest.fixture
def house(transactional_db: None) -> House:
    return House(options=SLOW)


def test_a_delivered_run_is_executed_and_a_second_delivery_comes_to_nothing(house: House) -> None:
    run = house.queued_run()
    with working(house) as worker:
        ended = worker.run(run.id)
        assert ended
        assert ended.status is RunStatus.SUCCEEDED
        assert worker.run(run.id) is None


def test_promise_6_a_claim_that_sql_does_not_take_is_left_to_another_delivery(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: Any, **_named: Any) -> Any:
        raise StoreUnavailable("SQL is away.")

    run = house.queued_run()
    with working(house) as worker:
        with monkeypatch.context() as patch:
            patch.setattr(house.runs, "claim", away)
            assert worker.run(run.id) is None
        assert worker.run(run.id)


def test_the_sweep_copies_results_and_dispatches_what_waits(house: House) -> None:
    ended, waiting = house.finished_run(), house.queued_run()
    with working(house) as worker:
        worker._sweep()
        assert ended.id in house.broker.copies
        assert waiting.id in house.broker.messages


def test_the_sweep_takes_the_runs_of_a_lost_worker_back(house: House) -> None:
    run = house.claimed_run()
    house.clock.advance(house.options.lease_seconds + 1)
    with working(house) as worker:
        worker._sweep()
    assert house.engine.get(run.id).status is RunStatus.QUEUED
    assert house.broker.messages == [run.id]


def test_the_sweep_ends_what_waits_past_its_deadline(house: House) -> None:
    run = house.claimed_run()
    give_back(run, "lost", house.runs)
    house.clock.advance(run.deadline_seconds + 1)
    with working(house) as worker:
        worker._sweep()
    assert house.engine.get(run.id).error_code == "deadline"


def test_a_claim_that_this_process_does_not_know_of_is_given_back(house: House) -> None:
    with working(house) as worker:
        run = house.claimed_run(worker._lease)
        worker._beat()
        worker._beat()
        assert house.engine.get(run.id).status is RunStatus.QUEUED


def test_a_claim_whose_answer_waits_for_a_late_loop_is_not_given_back(house: House) -> None:
    late, go_on = threading.Event(), threading.Event()

    def block_the_loop() -> None:
        late.set()
        go_on.wait(60)

    run = house.queued_run()
    with working(house) as worker:
        commit, claimed = house.runs.claim, threading.Event()

        def claim(*args: Any, **named: Any) -> Any:
            worker._loop.loop.call_soon_threadsafe(block_the_loop)
            late.wait(30)
            try:
                return commit(*args, **named)
            finally:
                claimed.set()

        house.runs.claim = claim  # type: ignore[method-assign]
        ended = worker._loop.submit(worker.execute(run.id))
        assert claimed.wait(30)
        for _ in range(2):
            worker._unanswered = 0  # late, not dead
            worker._beat()
        status = house.engine.get(run.id).status
        go_on.set()
        assert ended.result(30) is not None
    assert status is RunStatus.RUNNING


def test_messages_are_taken_for_lost_only_while_a_slot_is_free(house: House) -> None:
    with working(house) as worker:
        house.queued_run()
        house.engine.dispatch("langgraph")
        house.clock.advance(house.options.redelivery_seconds + 1)
        worker._lease.slots = {"langgraph": 0}
        worker._sweep()
        assert len(house.broker.messages) == 1
        worker._lease.slots = {"langgraph": 1}
        worker._sweep()
        assert len(house.broker.messages) == 2


def test_messages_that_the_broker_still_has_are_not_taken_for_lost(house: House) -> None:
    with working(house) as worker:
        house.queued_run()
        house.engine.dispatch("langgraph")
        house.clock.advance(house.options.redelivery_seconds + 1)
        house.broker.left = 1
        worker._sweep()
        assert len(house.broker.messages) == 1
        house.broker.left = 0
        worker._sweep()
        assert len(house.broker.messages) == 2


@pytest.mark.parametrize(
    ("shares", "free"), [(True, False), (False, True)], ids=["shared slots", "own slots"]
)
def test_a_slot_is_free_for_a_queue_when_its_own_are_not_taken(
    house: House, shares: bool, free: bool
) -> None:
    with working(house) as worker:
        worker._lease.slots, worker._shares_slots = {"langgraph": 2, "embeddings": 2}, shares
        worker._busy["embeddings"] = 2
        assert worker._would_take("langgraph") is free
        assert not worker._would_take("embeddings")


def test_many_runs_that_end_together_lead_to_few_dispatches(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    dispatches = []
    monkeypatch.setattr(working_module, "_REST_SECONDS", 0.3)
    with working(house) as worker:
        monkeypatch.setattr(
            worker._engine.queue, "take_eligible", lambda queue, _window: dispatches.append(queue) or []
        )
        runs, began = [house.queued_run() for _ in range(20)], time.monotonic()
        worker._dispatcher.start()
        for run in runs:
            worker.run(run.id, "langgraph")
        until("the last was copied", lambda: len(house.broker.copies) == 20)
    # One at once, one for each rest since, and one that had begun.
    assert 1 <= len(dispatches) <= (time.monotonic() - began) / 0.3 + 2


def test_a_run_is_cancelled_where_it_runs_and_its_node_is_stopped(house: House) -> None:
    inside, stopped = threading.Event(), threading.Event()

    async def wait(state: object) -> None:
        inside.set()
        try:
            await asyncio.Event().wait()
        finally:
            stopped.set()

    house.add_workload(echo_workload("waiter", nodes={"answer": wait}))
    run, elsewhere = house.queued_run("waiter"), house.queued_run()
    with working(house) as worker:
        starter = threading.Thread(target=worker.run, args=(run.id,))
        starter.start()
        assert inside.wait(30)
        assert worker.cancel(run.id)
        assert stopped.wait(30)
        starter.join(30)
        assert not worker.cancel(elsewhere.id)
    assert house.engine.get(run.id).status is RunStatus.CANCELLED
    assert house.engine.get(elsewhere.id).status is RunStatus.QUEUED


def test_a_lease_that_runs_out_while_its_heartbeat_hangs_stops_the_runs(transactional_db: None) -> None:
    house = House(options=EngineOptions(heartbeat_seconds=0.05))
    begun, hangs, stopped, go_on = (threading.Event() for _ in range(4))

    async def wait(_state: object) -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            stopped.set()

    beat = house.workers.beat

    def hang(*args: Any) -> bool:
        if begun.is_set():
            hangs.set()
            go_on.wait(60)
        return beat(*args)

    house.add_workload(echo_workload("waiter", nodes={"answer": wait}))
    house.workers.beat = hang  # type: ignore[method-assign]
    run = house.queued_run("waiter")
    with working(house) as worker:
        ended = worker._loop.submit(worker.execute(run.id))
        try:
            assert hangs.wait(30)
            worker._lease._last_beat -= 2 * house.options.lease_seconds
            assert stopped.wait(30)
        finally:
            go_on.set()
        assert ended.result(30) is None


def test_a_worker_that_stops_gives_back_everything_and_costs_no_attempt(house: House) -> None:
    inside, stopped = threading.Semaphore(0), threading.Semaphore(0)

    async def wait(state: object) -> None:
        inside.release()
        try:
            await asyncio.Event().wait()
        finally:
            stopped.release()

    house.add_workload(echo_workload("waiter", nodes={"answer": wait}))
    runs = [house.queued_run("waiter") for _ in range(5)]
    with working(house) as worker:
        starters = [threading.Thread(target=worker.run, args=(run.id,)) for run in runs]
        for starter in starters:
            starter.start()
        for _ in runs:
            assert inside.acquire(timeout=30)
        worker.drain(0.0)
        for starter in starters:
            starter.join(30)
        assert house.engine.live_workers() == []
        worker._beat()
        assert house.engine.live_workers() == []
    for run in map(house.engine.get, [run.id for run in runs]):
        assert (run.status, run.token, run.attempts_left) == (RunStatus.QUEUED, None, runs[0].max_attempts)
        assert run.id in house.broker.messages
    assert all(stopped.acquire(timeout=30) for _ in runs)


@pytest.mark.parametrize("how", ["async node", "sync node"])
def test_a_node_that_ends_the_process_fails_its_run_and_no_other(house: House, how: str) -> None:
    async def leave_loop(state: object) -> None:
        sys.exit("done here")

    def leave_thread(state: object) -> None:
        sys.exit("done here")

    node = leave_loop if how == "async node" else leave_thread
    house.add_workload(echo_workload("leaver", nodes={"answer": node}))
    leaver, other = house.queued_run("leaver"), house.queued_run()
    with working(house) as worker:
        failed = worker.run(leaver.id)
        assert failed
        assert (failed.status, failed.error_code) == (RunStatus.FAILED, "failed")
        ended = worker.run(other.id)
        assert ended
        assert ended.status is RunStatus.SUCCEEDED


def test_a_loop_that_a_node_blocks_ends_the_heartbeat_and_tells_it(house: House) -> None:
    inside, leave, told = threading.Event(), threading.Event(), threading.Event()

    async def block(state: object) -> None:
        inside.set()
        leave.wait(60)

    house.add_workload(echo_workload("blocker", nodes={"answer": block}))
    run = house.queued_run("blocker")
    with working(house, on_dead_loop=told.set) as worker:
        starter = threading.Thread(target=worker.run, args=(run.id,))
        starter.start()
        assert inside.wait(30)
        worker._beat()
        last_sign = house.engine.live_workers()[0].heartbeat_at
        house.clock.advance(1)
        worker._beat()
        assert house.engine.live_workers()[0].heartbeat_at == last_sign
        leave.set()
        starter.join(30)
    assert told.is_set()


def test_a_worker_that_cannot_open_its_checkpoints_says_so_and_does_not_hang(house: House) -> None:
    @asynccontextmanager
    async def broken() -> AsyncIterator[Any]:
        await asyncio.sleep(0)
        raise OSError("no such folder")
        yield

    worker = WorkerProcess(house.engine, broken, house.lease())
    with pytest.raises(WorkerBroken, match="no such folder"):
        worker.prepare()
