from concurrent.futures import ThreadPoolExecutor

from lectern.engine.domain.run import RunStatus
from lectern.engine.executing import FIRST_STEP
from lectern.engine.finishing import retry_later
from lectern.engine.retrying import RetryPolicy
from tests.engine_house import House, claim, passing


def test_claim_gives_a_run_to_one_worker_only(house: House) -> None:
    run, workers = house.queued_run(), [house.lease() for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        claims = list(pool.map(lambda lease: claim(run.id, lease.worker_id, FIRST_STEP, house.runs), workers))
    winners = [claimed for claimed in claims if claimed]
    assert len(winners) == 1
    assert house.engine.get(run.id).worker_id == winners[0].worker_id
    assert winners[0].attempt == 1


def test_each_claim_gets_a_new_token_and_counts_the_attempt(house: House) -> None:
    first = house.claimed_run()
    retry_later(first, passing("Away."), RetryPolicy(), house.runs)
    house.clock.advance(60)
    second = claim(first.id, house.lease().worker_id, FIRST_STEP, house.runs)
    assert second
    assert (second.attempt, second.token != first.token) == (2, True)


def test_the_first_step_is_the_guides_sentence(house: House) -> None:
    assert house.claimed_run().step == "Executing LangGraph workflow"


def test_a_run_waits_for_the_earlier_one_of_its_thread(house: House) -> None:
    worker = house.lease().worker_id
    first, second = house.queued_run(thread_key="t"), house.queued_run(thread_key="t")
    assert claim(second.id, worker, FIRST_STEP, house.runs) is None
    house.execute(first)
    assert claim(second.id, worker, FIRST_STEP, house.runs) is not None


def test_threads_of_two_students_do_not_wait_for_each_other(house: House) -> None:
    house.queued_run(thread_key="t", owner="anna")
    other = house.queued_run(thread_key="t", owner="ben")
    assert claim(other.id, house.lease().worker_id, FIRST_STEP, house.runs) is not None


def test_an_ended_run_is_not_claimed_again(house: House) -> None:
    run = house.finished_run()
    assert claim(run.id, house.lease().worker_id, FIRST_STEP, house.runs) is None
    assert house.engine.get(run.id).status is RunStatus.SUCCEEDED
