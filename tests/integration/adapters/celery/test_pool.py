"""What a task of Celery can rely on: the coroutine pool keeps it as prefork does. Real workers, a real Valkey."""

import signal
import time
from collections.abc import Iterator
from subprocess import TimeoutExpired

import pytest
from celery.exceptions import SoftTimeLimitExceeded, TaskRevokedError, TimeLimitExceeded, TimeoutError

from tests.integration.adapters.celery import pool_app as tasks
from tests.integration.adapters.celery.pool_house import POOLS, PoolHouse, end
from tests.playground import Playground, until

pytestmark = pytest.mark.timeout(300)

SLOTS = 4


@pytest.fixture(scope="module", params=POOLS)
def house(request: pytest.FixtureRequest, pool_place: Playground) -> Iterator[PoolHouse]:
    """One worker of each pool for all tests that leave it alive."""
    with PoolHouse(pool_place, request.param).listening() as house:
        house.worker(f"--concurrency={SLOTS}")
        yield house


def test_a_result_arrives_with_its_value_and_its_true_runtime(house: PoolHouse) -> None:
    began = time.monotonic()
    result = tasks.nap.delay(0.3, {"a": [1, None]})
    assert result.get(timeout=30) == {"a": [1, None]}
    most = time.monotonic() - began
    assert 0.29 < house.event("task-succeeded", result.id)["runtime"] < most + 0.01  # two clocks
    assert (
        house.event("task-received", result.id)["timestamp"]
        <= house.event("task-started", result.id)["timestamp"]
    )


def test_a_task_knows_its_request_and_itself(house: PoolHouse) -> None:
    result = tasks.who_am_i.delay("x", 2)
    assert result.get(timeout=30) == [result.id, 0, ["x", 2], "who_am_i"]


def test_a_failure_keeps_its_error_and_its_traceback(house: PoolHouse) -> None:
    result = tasks.fail.delay()
    with pytest.raises(KeyError, match="nobody has that"):
        result.get(timeout=30)
    assert result.state == "FAILURE"
    assert "in fail" in result.traceback
    assert "nobody has that" in house.event("task-failed", result.id)["exception"]


def test_a_retry_is_another_delivery_of_the_same_task(house: PoolHouse) -> None:
    result = tasks.retry_twice.delay()
    assert result.get(timeout=30) == 2
    assert house.event("task-retried", result.id)


def test_autoretry_tries_as_often_as_it_was_told(house: PoolHouse) -> None:
    result = tasks.retry_by_itself.delay()
    with pytest.raises(ValueError, match="always"):
        result.get(timeout=30)
    assert [what for what, whose, _ in house.lines() if whose == result.id].count("begin") == 2


def test_an_ignored_delivery_is_acknowledged_and_has_no_result(house: PoolHouse) -> None:
    result = tasks.ignore.delay()
    house.began(result.id)
    with pytest.raises(TimeoutError):
        result.get(timeout=0.5)
    until(
        "nothing is reserved",
        lambda: not house.of_worker("reserved") and not house.of_worker("active"),
        10,
    )


def test_what_is_linked_to_a_task_runs_after_it(house: PoolHouse) -> None:
    tasks.nap.apply_async((0, 21), link=tasks.double.s())
    until("the linked task ran", lambda: any(line[:2] == ("double", "21") for line in house.lines()), 10)


def test_prerun_comes_before_the_body_and_postrun_after_it(house: PoolHouse) -> None:
    result = tasks.nap.delay(0.2)
    result.get(timeout=30)
    until("postrun", lambda: "postrun-SUCCESS" in house.ledger(result.id), 5)
    ledger = house.ledger(result.id)
    assert sorted(ledger, key=ledger.__getitem__) == ["prerun", "begin", "end", "finally", "postrun-SUCCESS"]
    assert [what for what, whose, _ in house.lines() if whose == result.id].count("prerun") == 1


def test_a_soft_limit_is_raised_inside_and_may_be_caught(house: PoolHouse) -> None:
    tidy, untidy = tasks.soft.delay(True), tasks.soft.delay(False)
    assert tidy.get(timeout=30) == "tidied up"
    with pytest.raises(SoftTimeLimitExceeded):
        untidy.get(timeout=30)


def test_a_hard_limit_fails_the_task_and_frees_its_slot(house: PoolHouse) -> None:
    results = [tasks.hard.delay() for _ in range(SLOTS)]
    for result in results:
        with pytest.raises(TimeLimitExceeded):
            result.get(timeout=30)
        assert house.event("task-failed", result.id)
    assert tasks.nap.delay(0, "free").get(timeout=30) == "free"


def test_a_task_that_is_terminated_ends_revoked_and_goes_no_further(house: PoolHouse) -> None:
    result = tasks.hold.delay("terminated")
    house.began(result.id)
    result.revoke(terminate=True)
    with pytest.raises(TaskRevokedError):
        result.get(timeout=30)
    assert house.event("task-revoked", result.id)["terminated"]
    house.release("terminated")
    time.sleep(1)
    assert "end" not in house.ledger(result.id)
    assert result.state == "REVOKED"


def test_a_running_task_that_is_revoked_without_termination_goes_on(house: PoolHouse) -> None:
    result = tasks.hold.delay("goes-on")
    house.began(result.id)
    result.revoke()
    house.revoked(result.id)
    house.release("goes-on")
    assert result.get(timeout=30) == "goes-on"


def test_a_waiting_task_that_is_revoked_never_begins(house: PoolHouse) -> None:
    running = [tasks.hold.delay("revoked") for _ in range(SLOTS)]
    waiting = tasks.nap.delay(0)
    for result in running:
        house.began(result.id)
    waiting.revoke()
    house.revoked(waiting.id)
    house.release("revoked")
    for result in running:
        result.get(timeout=30)
    assert house.event("task-revoked", waiting.id)
    assert house.ledger(waiting.id) == {}


@pytest.mark.parametrize("kind", ["hold", "hold_early"])
def test_no_more_run_at_once_than_there_are_slots(house: PoolHouse, kind: str) -> None:
    results = [getattr(tasks, kind).delay(f"slots-{kind}") for _ in range(3 * SLOTS)]
    ids = {result.id for result in results}

    def began() -> list[str]:
        return [whose for what, whose, _ in house.lines() if whose in ids and what == "begin"]

    until("all slots are taken", lambda: len(began()) >= SLOTS)
    time.sleep(1)  # for one that would begin too early
    assert len(began()) == SLOTS
    house.release(f"slots-{kind}")
    for result in results:
        result.get(timeout=30)
    assert sorted(began()) == sorted(ids)


def test_rows_can_be_read_from_coroutines_and_from_tasks_that_block(house: PoolHouse) -> None:
    assert tasks.count_rows.delay().get(timeout=30) == 0
    assert tasks.count_rows_blocking.delay().get(timeout=30) == 0


def test_a_task_that_leaves_fails_and_the_worker_goes_on(house: PoolHouse) -> None:
    result = tasks.leave.delay()
    with pytest.raises(Exception, match="exited prematurely"):
        result.get(timeout=30)
    assert tasks.nap.delay(0, "still here").get(timeout=30) == "still here"


def test_inspect_tells_what_runs(house: PoolHouse) -> None:
    result = tasks.hold.delay("inspected")
    house.began(result.id)
    (active,) = house.of_worker("active")
    assert (active["id"], active["name"], active["args"]) == (result.id, "hold", ["inspected"])
    assert active["time_start"] == pytest.approx(house.ledger(result.id)["begin"], abs=5)  # two clocks
    assert house.of_worker("ping") == {"ok": "pong"}
    pool = house.of_worker("stats")["pool"]
    assert (pool["implementation"].split(":")[1], pool["max-concurrency"]) == ("TaskPool", SLOTS)
    house.release("inspected")
    result.get(timeout=30)


def test_sigterm_waits_for_what_runs(house: PoolHouse) -> None:
    house.end_workers()
    worker = house.worker(f"--concurrency={SLOTS}")
    result = tasks.hold.delay("to-the-end")
    house.began(result.id)
    worker.send_signal(signal.SIGTERM)
    with pytest.raises(TimeoutExpired):
        worker.wait(1)
    house.release("to-the-end")
    assert worker.wait(30) == 0
    assert result.get(timeout=30) == "to-the-end"
    assert house.messages() == 0


def test_sigquit_ends_at_once_and_the_message_goes_back(house: PoolHouse) -> None:
    house.end_workers()
    worker = house.worker(f"--concurrency={SLOTS}")
    result = tasks.hold.delay("next-one")
    house.began(result.id)
    end(worker, signal.SIGQUIT, 30)
    assert house.messages() == 1
    assert "end" not in house.ledger(result.id)
    house.release("next-one")
    house.worker(f"--concurrency={SLOTS}")
    assert result.get(timeout=30) == "next-one"


def test_a_worker_whose_only_slot_is_free_again_takes_the_next_task_at_once(house: PoolHouse) -> None:
    house.end_workers()
    house.worker("--concurrency=1")
    assert tasks.nap.delay(0.01, "warm").get(timeout=30) == "warm"
    began = time.monotonic()
    for result in [tasks.nap.delay(0.01) for _ in range(30)]:
        result.get(timeout=60)
    assert time.monotonic() - began < 15  # 30 and more if each waited for the next look at the queue
