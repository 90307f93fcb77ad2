import pytest

from lectern.engine.domain.run import RunStatus
from lectern.engine.errors import UnknownWorkload
from tests.engine_house import House


def test_an_accepted_request_is_a_row_and_needs_no_broker(house: House) -> None:
    house.broker.away = True
    run = house.queued_run()
    assert house.engine.get(run.id).status is RunStatus.QUEUED


def test_a_request_without_a_thread_begins_one_that_can_be_continued_by_its_name(house: House) -> None:
    first = house.finished_run(thread_key=None)
    second = house.queued_run(thread_key=first.thread_key)
    assert second.thread_id == first.thread_id
    assert house.queued_run(thread_key=None).thread_id != first.thread_id


def test_a_thread_is_apart_by_owner_and_tenant(house: House) -> None:
    threads = {
        house.queued_run(thread_key="t", owner=owner, tenant=tenant).thread_id
        for owner in ("anna", "ben")
        for tenant in ("python_101", "micro")
    }
    assert len(threads) == 4


def test_an_unknown_workload_is_named(house: House) -> None:
    with pytest.raises(UnknownWorkload, match="nonsense"):
        house.queued_run(workload="nonsense")


def test_turns_are_numbered_and_keep_question_and_answer(house: House) -> None:
    house.finished_run(thread_key="t", input={"question": "one"}, result={"answer": "1"})
    house.queued_run(thread_key="t", input={"question": "two"})
    thread = house.engine.thread("echo", "anna", "python_101", "t")
    assert [(turn.number, turn.input["question"], turn.output) for turn in thread.turns] == [
        (1, "one", {"answer": "1"}),
        (2, "two", None),
    ]
