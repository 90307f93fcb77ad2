import pytest

from lectern.engine.cancelling import cancel
from lectern.engine.errors import LeaseLost, StoreUnavailable
from lectern.engine.finishing import give_back
from tests.engine_house import House, claim


def _held(house: House):  # type: ignore[no-untyped-def]
    lease, stopped = house.lease(), []
    run = house.claimed_run(lease)
    assert run.token
    lease.hold(run.token, lambda: stopped.append(run.id), run_id=run.id)
    return lease, run, stopped


def test_a_cancelled_run_is_stopped_at_the_next_beat(house: House) -> None:
    lease, run, stopped = _held(house)
    lease.beat()
    assert stopped == []
    cancel(run.id, house.runs)
    lease.beat()
    assert stopped == [run.id]


def test_a_worker_that_finds_itself_stale_stops_all_its_runs_and_starts_anew(house: House) -> None:
    lease, run, stopped = _held(house)
    before = lease.worker_id
    house.clock.advance(house.options.lease_seconds + 0.1)
    lease.beat()
    assert stopped == [run.id]
    assert lease.worker_id != before
    assert lease.worker_id in {worker.id for worker in house.engine.live_workers()}


def test_one_database_error_ends_no_heartbeat(house: House, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    lease, _run, stopped = _held(house)

    def away(*_: object) -> bool:
        raise StoreUnavailable("The database does not answer.")

    with monkeypatch.context() as broken:
        broken.setattr(house.workers, "beat", away)
        lease.beat()
    assert stopped == []
    lease.beat()
    assert lease.busy == 1


def test_a_database_away_for_longer_than_the_lease_stops_the_runs(house: House, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    lease, run, stopped = _held(house)

    def away(*_: object) -> bool:
        raise StoreUnavailable("The database does not answer.")

    monkeypatch.setattr(house.workers, "beat", away)
    monkeypatch.setattr(lease, "_last_beat", lease._last_beat - house.options.lease_seconds - 1)
    lease.beat()
    assert stopped == [run.id]


def test_a_claim_whose_answer_got_lost_is_found_at_the_second_beat(house: House) -> None:
    lease = house.lease()
    run = house.claimed_run(lease)
    assert lease.beat() == {}
    assert lease.beat() == {run.token: run.id}
    house.engine.give_back(run.id, run.token)
    assert house.engine.get(run.id).token is None


def test_a_lost_claim_that_somebody_else_took_meanwhile_is_left_alone(house: House) -> None:
    lease = house.lease()
    run = house.claimed_run(lease)
    lease.beat()
    ((token, run_id),) = lease.beat().items()
    give_back(run, "lost", house.runs)
    taken = claim(run.id, house.lease().worker_id, "", house.runs)
    with pytest.raises(LeaseLost):
        house.engine.give_back(run_id, token)
    assert house.engine.get(run.id) == taken


def test_a_sign_of_life_is_told_when_it_reached_the_rows_and_only_then(house: House, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    told = []
    lease = house.lease()
    lease.on_beat = lambda: told.append("beat")
    lease.beat()
    assert told == ["beat"]

    def away(*_: object) -> bool:
        raise StoreUnavailable("The database does not answer.")

    monkeypatch.setattr(house.workers, "beat", away)
    lease.beat()
    assert told == ["beat"]
