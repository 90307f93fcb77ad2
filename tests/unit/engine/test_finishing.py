from dataclasses import replace

import pytest

from lectern.engine.cancelling import cancel
from lectern.engine.domain.run import MOVES, RunStatus
from lectern.engine.errors import LeaseLost
from lectern.engine.finishing import fail, give_back, retry_later
from lectern.engine.retrying import RetryPolicy
from tests.engine_house import House, claim, passing, succeed


def _lose(house: House):  # type: ignore[no-untyped-def]
    """A run whose first worker was lost and whose second one holds it now: (old claim, new claim)."""
    old = house.claimed_run()
    give_back(old, "lost", house.runs)
    new = claim(old.id, house.lease().worker_id, "again", house.runs)
    assert new
    return old, new


@pytest.mark.parametrize(
    "write",
    [
        pytest.param(lambda run, house: succeed(run, {"answer": "stale"}, house.runs), id="succeed"),
        pytest.param(lambda run, house: fail(run, "stale", "stale", house.runs), id="fail"),
        pytest.param(
            lambda run, house: retry_later(run, passing("stale"), RetryPolicy(), house.runs), id="retry"
        ),
        pytest.param(lambda run, house: give_back(run, "stale", house.runs), id="give back"),
    ],
)
def test_a_worker_that_lost_its_run_writes_nothing(house: House, write) -> None:  # type: ignore[no-untyped-def]
    old, new = _lose(house)
    with pytest.raises(LeaseLost):
        write(old, house)
    assert house.engine.get(new.id) == new


def test_a_stale_claim_cannot_write_progress(house: House) -> None:
    old, new = _lose(house)
    assert old.token
    assert new.token
    assert house.runs.note(old.id, old.token, step="stale") is False
    assert house.runs.note(new.id, new.token, step="fresh") is True


def test_success_is_written_with_its_turn(house: House) -> None:
    run = house.finished_run({"answer": "A language."}, thread_key="t")
    turns = house.engine.thread("echo", "anna", "python_101", "t").turns
    assert (run.status, turns[0].output) == (RunStatus.SUCCEEDED, {"answer": "A language."})


def test_a_cancelled_run_keeps_its_end_whatever_its_worker_writes(house: House) -> None:
    run = house.claimed_run()
    cancel(run.id, house.runs)
    with pytest.raises(LeaseLost):
        succeed(run, {"answer": "late"}, house.runs)
    assert house.engine.get(run.id).result is None


def test_a_run_without_attempts_left_fails_and_says_how_often_it_was_tried(house: House) -> None:
    run = house.claimed_run()
    for _ in range(run.max_attempts - 1):
        retry_later(run, passing("The index is away."), RetryPolicy(), house.runs)
        house.clock.advance(20)
        again = claim(run.id, house.lease().worker_id, "again", house.runs)
        assert again
        run = again
    ended = retry_later(run, passing("The index is away."), RetryPolicy(), house.runs)
    assert (ended.status, ended.error) == (RunStatus.FAILED, "The index is away. It was tried 5 times.")


def test_the_wait_for_another_attempt_is_visible(house: House) -> None:
    waiting = retry_later(house.claimed_run(), passing("The index is away."), RetryPolicy(), house.runs)
    assert waiting.status is RunStatus.RETRYING
    assert waiting.step.startswith("Attempt 2 of 5 in ")
    assert waiting.step.endswith("The index is away.")


@pytest.mark.parametrize(
    ("retry_after", "least", "most"),
    [
        pytest.param(None, 0.5, 1, id="none"),
        pytest.param(0.1, 0.5, 1, id="shorter than our own pause"),
        pytest.param(60, 60, 66, id="longer than our cap"),
    ],
)
def test_another_attempt_waits_at_least_as_long_as_was_asked_for(
    house: House, retry_after: float | None, least: float, most: float
) -> None:
    now = house.runs.now()
    waiting = retry_later(house.claimed_run(), passing("Busy.", retry_after), RetryPolicy(), house.runs)
    assert waiting.not_before
    assert least <= (waiting.not_before - now).total_seconds() <= most


@pytest.mark.parametrize("ended", [RunStatus.SUCCEEDED, RunStatus.FAILED, RunStatus.CANCELLED])
def test_an_ended_run_never_moves_again(house: House, ended: RunStatus) -> None:
    run = house.claimed_run()
    assert house.runs.move(run.id, ended, only_from=set(RunStatus), token=run.token)
    for status in RunStatus:
        assert house.runs.move(run.id, status, only_from=set(RunStatus)) is None
    assert MOVES[ended] == frozenset()


def test_the_pause_doubles_with_each_attempt_up_to_a_cap(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("random.uniform", lambda low, high: high)
    policy = RetryPolicy(first_pause_seconds=1, longest_pause_seconds=4)
    pauses = []
    for attempt in (1, 2, 3, 4):
        run = replace(house.claimed_run(), attempt=attempt)
        waiting = retry_later(run, passing("The model is busy."), policy, house.runs)
        assert waiting.not_before
        pauses.append((waiting.not_before - house.clock.now()).total_seconds())
    assert pauses == [1, 2, 4, 4]


def test_a_worker_that_stops_as_it_was_asked_to_costs_the_run_no_attempt(house: House) -> None:
    run = house.claimed_run()
    for _ in range(2 * run.max_attempts):
        waiting = give_back(run, "stopped", house.runs, free=True)
        assert waiting.attempts_left == 5
        again = claim(run.id, house.lease().worker_id, "again", house.runs)
        assert again
        run = again
    assert run.attempts_left == 4


def test_a_pause_that_would_pass_the_deadline_ends_the_run_at_once_and_says_both(house: House) -> None:
    ended = retry_later(house.claimed_run(), passing("The model is busy.", 3600), RetryPolicy(), house.runs)
    assert (ended.status, ended.error_code) == (RunStatus.FAILED, "deadline")
    assert ended.error.startswith("The model is busy. Another attempt in 3")
    assert ended.error.endswith("s would be too late: this may take 120 seconds in all.")
