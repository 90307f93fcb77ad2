from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from lectern.engine.domain.run import Run, RunStatus
from lectern.engine.executing import FIRST_STEP
from lectern.engine.finishing import fail
from lectern.engine.forgetting import forget
from lectern.engine.resubmitting import RETRY_OF, Failures
from tests.engine_house import House, claim

ANY = Failures()


def _failed_run(house: House, error_code: str = "failed", **changes: Any) -> Run:
    return fail(house.claimed_run(**changes), "The model refused.", error_code, house.runs)


def _found(house: House, which: Failures = ANY) -> list[Run]:
    return list(house.engine.failures(which))


def test_a_failed_run_is_asked_once_more_as_a_new_run(house: House) -> None:
    old = _failed_run(house, thread_key="t", metadata={"from": "lms"})
    new = house.engine.resubmit(*_found(house))
    assert new
    assert (new.status, new.input, new.owner, new.thread_key) == (RunStatus.QUEUED, old.input, "anna", "t")
    assert new.metadata == {"from": "lms", RETRY_OF: str(old.id)}
    assert new.id.version == 4
    assert house.engine.get(old.id).status is RunStatus.FAILED
    done = house.execute(new)
    assert done
    assert done.status is RunStatus.SUCCEEDED


def test_no_run_is_asked_twice_also_not_by_two_at_once(house: House) -> None:
    old = _failed_run(house)
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: house.engine.resubmit(old), range(8)))
    assert len([run for run in made if run]) == 1
    assert _found(house) == []
    assert house.engine.counts()["langgraph", RunStatus.QUEUED] == 1


def test_what_was_asked_once_more_and_failed_again_may_be_asked_again(house: House) -> None:
    second = house.engine.resubmit(_failed_run(house))
    assert second
    claimed = claim(second.id, house.lease().worker_id, FIRST_STEP, house.runs)
    assert claimed
    fail(claimed, "Again.", "failed", house.runs)
    assert [run.id for run in _found(house)] == [second.id]


def test_only_what_fits_is_found_oldest_first(house: House) -> None:
    first = _failed_run(house, "deadline")
    house.clock.advance(100)
    since = house.clock.now()
    second, third = _failed_run(house), _failed_run(house, "deadline", tenant="biology")
    house.finished_run()
    ids = [first.id, second.id, third.id]
    assert [run.id for run in _found(house)] == ids
    assert [run.id for run in _found(house, Failures(since=since))] == ids[1:]
    assert [run.id for run in _found(house, Failures(error_code="deadline"))] == [first.id, third.id]
    assert [run.id for run in _found(house, Failures(error_code="deadline", tenant="biology"))] == [third.id]


def test_more_than_a_page_is_found(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lectern.engine.resubmitting._AT_ONCE", 2)
    ids = [_failed_run(house).id for _ in range(5)]
    assert [run.id for run in _found(house)] == ids


def test_a_question_whose_run_was_cleared_is_taken_from_its_conversation(house: House) -> None:
    old = _failed_run(house)
    house.clock.advance(house.options.result_expires_seconds + 1)
    forget(house.engine.retention, lambda ids: None, house.options)
    assert house.engine.get(old.id).input == {}
    assert [run.input for run in _found(house)] == [old.input]


def test_parts_of_one_order_are_left_out(house: House) -> None:
    _failed_run(house, group_id=house.lease().worker_id)
    assert _found(house) == []
