from lectern.adapters.sql.models import RunRow
from lectern.engine.cancelling import cancel
from lectern.engine.domain.run import RunStatus
from lectern.engine.finishing import give_back, retry_later
from lectern.engine.retrying import RetryPolicy
from tests.engine_house import House, passing


def test_a_run_that_waits_past_its_deadline_ends_though_no_worker_claims_it(house: House) -> None:
    given_back, retrying = house.claimed_run(), house.claimed_run()
    give_back(given_back, "lost", house.runs)
    retry_later(retrying, passing("The model is busy.", 100), RetryPolicy(), house.runs)
    assert house.engine.expire() == 0
    house.clock.advance(given_back.deadline_seconds + 1)
    assert house.engine.expire() == 2
    ended = [house.engine.get(run.id) for run in (given_back, retrying)]
    assert [(run.status, run.error_code) for run in ended] == [(RunStatus.FAILED, "deadline")] * 2
    assert [run.error for run in ended] == [
        "This took longer than 120 seconds.",
        "This took longer than 120 seconds. The last attempt failed: The model is busy.",
    ]
    assert house.engine.expire() == 0


def test_runs_that_were_never_claimed_or_are_claimed_or_ended_do_not_expire(house: House) -> None:
    runs = [house.queued_run(), house.claimed_run(), house.finished_run(), house.claimed_run()]
    cancel(runs[3].id, house.runs)
    before = [house.engine.get(run.id) for run in runs]
    house.clock.advance(10_000)
    assert house.engine.expire() == 0
    assert [house.engine.get(run.id) for run in runs] == before


def test_a_deadline_is_each_runs_own(house: House) -> None:
    short, long = house.claimed_run(), house.claimed_run()
    for run in (short, long):
        give_back(run, "lost", house.runs)
    RunRow.objects.filter(id=short.id).update(deadline_seconds=0.5)
    house.clock.advance(1)
    assert house.engine.expire() == 1
    assert house.engine.get(long.id).status is RunStatus.QUEUED
