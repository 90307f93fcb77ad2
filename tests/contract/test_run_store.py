"""What the ports of runs promise where two databases differ: on SQLite, and on PostgreSQL by `make test-postgres`."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import timedelta
from typing import Any, TypeVar

import pytest
from django.db import connection, transaction

from lectern.adapters.sql.calls import store_call
from lectern.adapters.sql.conversations import SqlConversations
from lectern.adapters.sql.runs import SqlRuns
from lectern.base.clock import SystemClock
from lectern.engine import finishing
from lectern.engine.domain.run import Run, RunStatus
from lectern.engine.errors import StoreRefuses
from lectern.engine.finishing import fail, give_back
from tests.engine_house import QUEUE, House, claim, succeed

T = TypeVar("T")

#: Of this database alone: other tests use the same server meanwhile.
_LOCKS = """
SELECT COUNT(*) FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database
WHERE locktype = 'advisory' AND datname = current_database()
"""


@pytest.fixture
def house(transactional_db: None) -> House:
    return House()


def _at_once(calls: list[Callable[[], T]]) -> list[T]:
    with ThreadPoolExecutor(len(calls)) as pool:
        return [future.result() for future in [pool.submit(call) for call in calls]]


def test_no_run_is_taken_for_dispatch_twice(house: House) -> None:
    runs = [house.queued_run().id for _ in range(40)]
    taken = _at_once([lambda: house.runs.take_eligible(QUEUE, 40)] * 6)
    assert sorted(run_id for some in taken for run_id in some) == sorted(runs)


def test_a_window_is_filled_once_though_two_dispatchers_look_at_it_at_once(house: House) -> None:
    for _ in range(40):
        house.queued_run()
    with ThreadPoolExecutor(1) as other:
        with transaction.atomic():
            assert len(house.runs.take_eligible(QUEUE, 15)) == 15
            second = other.submit(house.runs.take_eligible, QUEUE, 15)
            wait([second], timeout=0.5)  # long enough to have looked, were it let
        assert second.result(30) == []


def test_a_dispatcher_holds_no_lock_when_it_reads_what_it_took(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may be stopped there. What it holds in the middle of a pipeline PostgreSQL's limit for idle ones does not end."""
    if connection.vendor == "sqlite":
        pytest.skip("SQLite has no such locks")
    from psycopg import Cursor

    house.queued_run()
    held: list[int] = []
    fetchall = Cursor.fetchall

    def count() -> int:
        with store_call(), connection.cursor() as cursor:
            cursor.execute(_LOCKS)
            return int(cursor.fetchone()[0])

    def looked(cursor: Any) -> Any:
        held.extend(_at_once([count]) if connection.connection is cursor.connection else [])
        return fetchall(cursor)

    monkeypatch.setattr(Cursor, "fetchall", looked)
    assert len(house.runs.take_eligible(QUEUE, 5)) == 1
    assert held == [0]


def test_questions_of_a_new_conversation_that_come_at_once_get_one_thread_and_an_order(house: House) -> None:
    runs = _at_once([lambda: house.queued_run(thread_key="t")] * 8)
    assert len({run.thread_id for run in runs}) == 1
    thread = SqlConversations().thread("echo", "anna", "python_101", "t")
    assert thread
    assert [turn.number for turn in thread.turns] == list(range(1, 9))
    # The order of the turns is the order in which they are executed.
    order = [run.id for run in reversed(house.runs.recent("anna", None, 10))]
    assert order == [turn.run_id for turn in thread.turns]
    assert house.runs.take_eligible(QUEUE, 8) == order[:1]


REFUSED: dict[str, dict[str, Any]] = {
    "half a character in a name": {"owner": "\ud800"},
    "a NUL in the input": {"input": {"question": "a\0b"}},
    "a NUL in a name": {"owner": "a\0b"},
    "half a character in the input": {"input": {"question": "\ud800"}},
    "a name that is too long": {"tenant": "a" * 201},
}
#: SQLite takes more than PostgreSQL does.
BY_BOTH = {"half a character in a name"}


@pytest.mark.parametrize("what", REFUSED)
def test_a_value_that_cannot_be_stored_is_refused_and_the_next_call_works(house: House, what: str) -> None:
    if connection.vendor == "sqlite" and what not in BY_BOTH:
        pytest.skip("SQLite stores it")
    with pytest.raises(StoreRefuses):
        house.queued_run(**REFUSED[what])
    assert house.engine.counts() == {}
    assert house.queued_run().status is RunStatus.QUEUED


def test_a_callers_transaction_outlives_a_question_that_cannot_be_stored(house: House) -> None:
    if connection.vendor == "sqlite":
        pytest.skip("SQLite stores it")
    with transaction.atomic():
        with pytest.raises(StoreRefuses):
            house.queued_run(**REFUSED["a name that is too long"])
        run = house.queued_run()
    assert house.engine.get(run.id) == run


def test_a_result_that_cannot_be_stored_leaves_the_run_as_it_was(house: House) -> None:
    if connection.vendor == "sqlite":
        pytest.skip("SQLite stores it")
    run = house.claimed_run()
    with pytest.raises(StoreRefuses):
        succeed(run, {"answer": "a\0b"}, house.runs)
    assert house.engine.get(run.id).status is RunStatus.RUNNING
    assert succeed(run, {"answer": "A language."}, house.runs).status is RunStatus.SUCCEEDED


@pytest.mark.parametrize("order", [1, -1])
def test_promise_2_an_attempt_that_lost_its_run_ends_nothing_beside_its_successor(
    house: House, order: int
) -> None:
    """One process may hold both, and end them in one statement."""
    zombie, other = house.claimed_run(), house.claimed_run()
    give_back(zombie, "It was lost.", house.runs)
    second = claim(zombie.id, house.lease().worker_id, "-", house.runs)
    assert second
    ended = [(zombie, {"answer": "stale"}), (second, {"answer": "fresh"}), (other, {"answer": "other"})][
        ::order
    ]
    found = [run and run.result for run in finishing.succeed(ended, house.runs)]
    assert found[::order] == [None, {"answer": "fresh"}, {"answer": "other"}]


def test_what_was_stored_comes_back_as_it_was(house: House) -> None:
    value = {
        "text": "Größe 什么 😀 \\u0000 \x01",
        "number": 1.5,
        "large": 2**63,
        "deep": [{"a": [None, True]}],
    }
    run = house.queued_run(input={"question": "?", **value})
    assert house.engine.get(run.id).input == {"question": "?", **value}


def test_the_stores_time_is_the_databases(transactional_db: None) -> None:
    before, now, after = SystemClock().now(), SqlRuns().now(), SystemClock().now()
    assert before - timedelta(seconds=1) <= now <= after + timedelta(seconds=1)
    assert now.utcoffset() == timedelta(0)


def test_a_failed_call_leaves_no_transaction_behind(house: House) -> None:
    run = house.queued_run()
    for _ in range(3):
        with pytest.raises(StoreRefuses):
            house.queued_run(owner="\ud800")
        assert not connection.in_atomic_block
        assert house.engine.standing(run.id).position == 1


def test_what_every_run_needs_costs_one_statement_each(
    house: House, django_assert_num_queries: Callable[[int], Any]
) -> None:
    run = house.queued_run()
    calls: dict[str, Callable[[], object]] = {
        "get": lambda: house.runs.get(run.id),
        "claim": lambda: house.runs.claim({run.id: run.id}, worker_id=run.id, step="-"),
        "note": lambda: house.runs.note(run.id, run.id, step="Thinking"),
        "end": lambda: house.runs.move(run.id, RunStatus.FAILED, only_from=[RunStatus.RUNNING], token=run.id),
    }
    for name, call in calls.items():
        with django_assert_num_queries(1):
            assert call() is not None, name
    with django_assert_num_queries(1 if connection.vendor == "sqlite" else 2):  # the other one takes its turn
        house.runs.take_eligible(QUEUE, 1)


def test_the_last_answered_turns_before_each_of_many_runs_are_read_at_once(house: House) -> None:
    def ended(key: str, *, answered: bool) -> Run:
        if answered:
            return house.finished_run({"answer": key}, thread_key=key)
        return fail(house.claimed_run(thread_key=key), "no", "bug", house.runs)

    first = [ended("a", answered=answered) for answered in (True, True, False, True, False, True)]
    ended("b", answered=True)
    last = {key: house.queued_run(thread_key=key) for key in "abc"}
    turns = house.engine.conversations.turns_before(list(last.values()), 3)
    assert [turn.run_id for turn in turns[last["a"].id]] == [first[1].id, first[3].id, first[5].id]
    assert [turn.output for turn in turns[last["b"].id]] == [{"answer": "b"}]
    assert turns[last["c"].id] == []
    assert all(turn.created_at.tzinfo for turn in turns[last["a"].id])


def test_promise_8_no_turn_is_taken_for_earlier_than_one_that_it_follows(house: House) -> None:
    """The order within a thread lets none be answered before: this does not rest on it."""
    runs = [house.finished_run(thread_key="t") for _ in range(3)]
    turns = house.engine.conversations.turns_before(runs, 10)
    assert [[turn.run_id for turn in turns[run.id]] for run in runs] == [
        [],
        [runs[0].id],
        [runs[0].id, runs[1].id],
    ]
