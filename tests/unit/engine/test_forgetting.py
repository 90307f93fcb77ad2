from uuid import UUID

from lectern.engine.cancelling import cancel
from lectern.engine.finishing import give_back
from lectern.engine.forgetting import forget
from tests.engine_house import House


def test_results_go_after_their_time_and_the_turn_stays_readable(house: House) -> None:
    run, dropped = house.finished_run({"answer": "A language."}, thread_key="t"), list[UUID]()
    house.clock.advance(house.options.result_expires_seconds + 1)
    assert forget(house.runs, dropped.extend, house.options) == (1, 0)
    assert dropped == [run.id]
    gone = house.engine.get(run.id)
    assert gone.result is None
    assert gone.expired(house.runs.now(), house.options.result_expires_seconds)
    assert house.engine.thread("echo", "anna", "python_101", "t").turns[0].output == {"answer": "A language."}


def test_tombstones_go_after_theirs_and_the_turn_still_stays(house: House) -> None:
    house.finished_run(thread_key="t")
    house.clock.advance(house.options.tombstone_seconds + 1)
    assert forget(house.runs, lambda ids: None, house.options) == (1, 1)
    assert len(house.engine.thread("echo", "anna", "python_101", "t").turns) == 1


def test_unfinished_runs_are_never_forgotten(house: House) -> None:
    run = house.queued_run()
    house.clock.advance(house.options.tombstone_seconds * 2)
    assert forget(house.runs, lambda ids: None, house.options) == (0, 0)
    assert house.engine.get(run.id).input == {"question": "What is Python?"}


def test_checkpoints_go_however_their_run_ended(house: House) -> None:
    """Those whose own attempt ended them are deleted at once; the rest is left to this."""
    cancelled, purged, lost = house.claimed_run(), house.queued_run(), house.claimed_run()
    cancel(cancelled.id, house.runs)
    house.engine.purge(["langgraph"], house.runs.now())
    give_back(lost, "lost", house.runs)
    house.clock.advance(lost.deadline_seconds + 1)
    assert house.engine.expire() == 1
    dropped = list[UUID]()
    house.clock.advance(house.options.result_expires_seconds + 1)
    forget(house.runs, dropped.extend, house.options)
    assert set(dropped) == {cancelled.id, purged.id, lost.id}
