"""What only the coroutine pool has: slots per queue, tasks that are coroutines through and through, its gauges."""

import signal
from collections.abc import Iterator

import pytest
from celery.exceptions import SoftTimeLimitExceeded

from tests.integration.adapters.celery import pool_app as tasks
from tests.integration.adapters.celery.pool_house import PoolHouse, end
from tests.playground import Playground, until

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def house(pool_place: Playground) -> Iterator[PoolHouse]:
    """One worker for both queues, with one slot for the common one."""
    with PoolHouse(pool_place, "coroutines").listening() as house:
        house.worker("--concurrency=1", "--hostname=both@t", queues="common,batches")
        yield house


def test_a_flood_in_a_queue_with_slots_of_its_own_takes_no_other_slot(house: PoolHouse) -> None:
    batches = [tasks.hold.apply_async(("flood",), queue="batches") for _ in range(10)]

    def began() -> int:
        return sum("begin" in house.ledger(one.id) for one in batches)

    until("two at once", lambda: began() == 2)
    assert tasks.nap.delay(0, "answered").get(timeout=30) == "answered"
    assert began() == 2
    assert house.messages("batches") >= 6
    (stats,) = house.app.control.inspect(timeout=10).stats().values()
    assert stats["pool"]["slots"] == {
        "common": {"of": 1, "taken": 0, "waiting": 0},
        "batches": {"of": 2, "taken": 2, "waiting": 0},
    }
    house.release("flood")
    for batch in batches:
        assert batch.get(timeout=30) == "flood"


def test_a_task_that_blocks_leaves_the_loop_to_others(house: PoolHouse) -> None:
    blocking = tasks.block.apply_async(("blocked",), queue="batches")
    house.began(blocking.id)
    assert tasks.nap.delay(0, "meanwhile").get(timeout=30) == "meanwhile"
    assert not blocking.ready()
    house.release("blocked")
    assert blocking.get(timeout=30) == blocking.id


def test_an_async_function_is_a_task(house: PoolHouse) -> None:
    assert tasks.plain.delay(41).get(timeout=30) == 42


def test_what_a_coroutine_begins_knows_the_request(house: PoolHouse) -> None:
    result = tasks.children.delay()
    assert result.get(timeout=30) == [result.id, result.id]


def test_a_cancellation_from_within_is_a_failure_and_not_a_lost_worker(house: PoolHouse) -> None:
    result = tasks.cancelled_within.delay()
    with pytest.raises(Exception, match="was cancelled by something inside it"):
        result.get(timeout=30)
    assert result.state == "FAILURE"


def test_a_soft_limit_ends_the_children_of_a_task_group(house: PoolHouse) -> None:
    result = tasks.group.delay()
    with pytest.raises(SoftTimeLimitExceeded):
        result.get(timeout=30)
    assert "finally" in house.ledger(result.id)


def test_a_coroutine_that_is_terminated_cleans_up(house: PoolHouse) -> None:
    result = tasks.nap.delay(20)
    house.began(result.id)
    result.revoke(terminate=True)
    until("its finally ran", lambda: "finally" in house.ledger(result.id), 15)  # it naps for 20
    assert tasks.nap.delay(0, "free").get(timeout=30) == "free"


def test_a_blocked_thread_does_not_keep_a_process_that_is_told_to_end(house: PoolHouse) -> None:
    worker = house.worker("--concurrency=1", "--hostname=other@t", queues="elsewhere")
    result = tasks.block.apply_async(("never",), queue="elsewhere")
    house.began(result.id)
    end(worker, signal.SIGQUIT, 30)
    assert house.messages("elsewhere") == 1


def test_its_loop_tells_how_late_it_is(house: PoolHouse) -> None:
    (stats,) = house.app.control.inspect(timeout=10, destination=["both@t"]).stats().values()
    assert 0 <= stats["pool"]["loop"]["lag"] <= stats["pool"]["loop"]["worst-lag"]
    assert stats["pool"]["threads"]["of"] == 32


def test_autoscale_is_refused_with_a_sentence(house: PoolHouse) -> None:
    worker = house.worker("--autoscale=10,3", queues="elsewhere")
    assert worker.wait(30) == 1
    assert "--autoscale is not for the coroutine pool" in house.log()
    assert "Traceback" not in house.log()
