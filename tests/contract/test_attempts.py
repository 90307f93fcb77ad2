"""What an attempt finds of those before it, and what one that lost its run can still do, on SQLite and PostgreSQL."""

import asyncio
import json
import operator
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from itertools import chain, permutations
from pathlib import Path
from threading import Lock
from typing import Annotated, Any, TypedDict
from uuid import UUID, uuid4

import psycopg
import pytest
from langgraph.channels.delta import DeltaChannel
from langgraph.checkpoint.base import Checkpoint, empty_checkpoint
from langgraph.checkpoint.base import id as ids
from langgraph.graph import END, START, StateGraph
from pydantic import BaseModel, PrivateAttr

from lectern.adapters.checkpoints import mapped
from lectern.adapters.checkpoints.postgres import open_postgres_checkpointer, prepare_postgres
from lectern.adapters.checkpoints.postgres_saver import PoolSaver
from lectern.adapters.checkpoints.sqlite import open_sqlite_checkpointer
from lectern.engine.errors import LeaseLost, StoreRefuses, StoreUnavailable
from lectern.engine.resuming import AttemptSaver, moved
from tests.attempts import Runs


@pytest.fixture(params=["sqlite", "postgres"])
def runs(request: pytest.FixtureRequest, tmp_path: Path) -> Runs:
    if request.param == "sqlite":
        return Runs(partial(open_sqlite_checkpointer, tmp_path / "checkpoints.sqlite3"))
    url = request.getfixturevalue("postgres_database")
    prepare_postgres(url)
    return Runs(partial(open_postgres_checkpointer, url), url)


def _at(run_id: UUID, namespace: str = "", checkpoint_id: str | None = None) -> Any:
    named = {"checkpoint_id": checkpoint_id} if checkpoint_id else {}
    return {"configurable": {"thread_id": str(run_id), "checkpoint_ns": namespace, **named}}


def _after_a_node() -> Checkpoint:
    return {**empty_checkpoint(), "versions_seen": {"node": {}}}


async def _put(saver: AttemptSaver, step: str, namespace: str = "") -> str:
    checkpoint: Checkpoint = {
        **_after_a_node(),
        "channel_values": {"step": step},
        "channel_versions": {"step": "1"},
    }
    await saver.aput(_at(saver.claim.run_id, namespace), checkpoint, {}, {"step": "1"})
    return checkpoint["id"]


async def _found(saver: AttemptSaver, namespace: str = "") -> Any:
    found = await saver.aget_tuple(_at(saver.claim.run_id, namespace))
    return found and found.checkpoint["channel_values"]["step"]


@contextmanager
def _clock_off(seconds: int) -> Iterator[None]:
    """Another machine, whose clock is wrong."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ids, "_last_v6_timestamp", None)
        patch.setattr(ids.time, "time_ns", lambda real=time.time_ns: real() + seconds * 10**9)
        yield


_ROOT = Path(__file__).parents[2]


# --- heads ----------------------------------------------------------------------------------------------------------


async def test_an_attempt_goes_on_from_what_the_one_before_left(runs: Runs) -> None:
    run_id = uuid4()
    async with runs.open() as here, runs.open() as there:
        first = await runs.claim(here, run_id)
        assert not first.resumes
        await _put(first, "one")
        await _put(first, "two")
        second = await runs.claim(there, run_id)
        assert second.resumes
        assert await _found(second) == "two"


@pytest.mark.parametrize("seconds", [300, -300])
async def test_a_clock_that_is_five_minutes_off_hides_no_step(runs: Runs, seconds: int) -> None:
    run_id = uuid4()
    async with runs.open() as saver:
        with _clock_off(seconds):
            await _put(await runs.claim(saver, run_id), "one")
        with _clock_off(-seconds):
            second = await runs.claim(saver, run_id)
            assert await _found(second) == "one"
            await _put(second, "two")
        third = await runs.claim(saver, run_id)
        assert await _found(third) == "two"
        await _put(third, "three")
        assert await _found(await runs.claim(saver, run_id)) == "three"


@pytest.mark.parametrize("seconds", [300, -300])
async def test_what_a_fenced_attempt_writes_is_refused_and_never_found(runs: Runs, seconds: int) -> None:
    run_id = uuid4()
    async with runs.open() as here, runs.open() as there:
        zombie = await runs.claim(here, run_id)
        head = await _put(zombie, "one")
        second = await runs.claim(there, run_id)
        with _clock_off(seconds):
            with pytest.raises(LeaseLost):
                await _put(zombie, "stale")
            with pytest.raises(LeaseLost):
                await zombie.aput_writes(_at(run_id, "", head), [("answer", "stale")], "task")
            with pytest.raises(LeaseLost):
                await _put(zombie, "stale", "sub:1")
        await second.aput_writes(_at(run_id, "", head), [("answer", "fresh")], "other task")
        third = await runs.claim(there, run_id)
        found = await third.aget_tuple(_at(run_id))
        assert found
        assert found.checkpoint["channel_values"] == {"step": "one"}
        assert found.pending_writes == [("other task", "answer", "fresh")]
        assert await _found(third, "sub:1") is None


async def test_a_first_attempt_that_wrote_nothing_before_it_was_fenced_writes_nothing_after(
    runs: Runs,
) -> None:
    run_id = uuid4()
    async with runs.open() as saver:
        zombie = await runs.claim(saver, run_id)
        second = await runs.claim(saver, run_id)
        with pytest.raises(LeaseLost):
            await _put(zombie, "stale")
        assert await _found(second) is None


async def test_what_was_written_under_the_claim_is_found_whoever_lost_it_later(runs: Runs) -> None:
    run_id = uuid4()
    async with runs.open() as saver:
        first = await runs.claim(saver, run_id)
        head = await _put(first, "one")
        await first.aput_writes(_at(run_id, "", head), [("answer", "of a finished branch")], "task")
        second = await runs.claim(saver, run_id)
        found = await second.aget_tuple(_at(run_id))
        assert found
        assert found.pending_writes == [("task", "answer", "of a finished branch")]


async def test_a_changed_graph_finds_no_head_and_replaces_it(runs: Runs) -> None:
    run_id = uuid4()
    async with runs.open() as saver:
        await _put(await runs.claim(saver, run_id, "old shape"), "old")
        second = await runs.claim(saver, run_id, "new shape")
        assert not second.resumes
        assert await _found(second) is None
        await _put(second, "new")
        assert await _found(await runs.claim(saver, run_id, "new shape")) == "new"


async def test_a_run_that_the_version_before_began_is_gone_on_with(runs: Runs) -> None:
    run_id = uuid4()
    async with runs.open() as saver:
        runs.claimed(run_id)
        checkpoint: Checkpoint = {**_after_a_node(), "channel_values": {"step": "one"}}
        await saver.aput(_at(run_id), checkpoint, {}, {})  # without a head
        second = await saver.attempt(runs.claimed(run_id, fingerprint="shape"), "shape")
        assert second.resumes
        assert await _found(second) == "one"


async def test_the_input_is_written_with_the_first_step(runs: Runs) -> None:
    run_id = uuid4()
    before: Checkpoint = {
        **empty_checkpoint(),
        "versions_seen": {"__start__": {}},
        "channel_values": {"step": "asked"},
    }
    async with runs.open() as saver:
        first = await runs.claim(saver, run_id)
        written = await first.aput(_at(run_id), before, {}, {})
        second = await runs.claim(saver, run_id)
        assert not second.resumes, "there is nothing in it that the row has not"
        written = await second.aput(_at(run_id), before, {}, {})
        await _put(second, "one")
        assert await _found(second) == "one"
        found = await second.aget_tuple(_at(run_id, "", written["configurable"]["checkpoint_id"]))
        assert found
        assert found.checkpoint["channel_values"] == {"step": "asked"}


async def test_promise_3_a_branch_of_the_first_step_is_found_by_the_next_attempt(runs: Runs) -> None:
    run_id = uuid4()
    before: Checkpoint = {
        **empty_checkpoint(),
        "versions_seen": {"__start__": {}},
        "channel_values": {"step": "asked"},
    }
    async with runs.open() as saver:
        first = await runs.claim(saver, run_id)
        await first.aput(_at(run_id), before, {}, {})
        await first.aput_writes(_at(run_id, "", before["id"]), [("answer", "1")], "task")
        second = await runs.claim(saver, run_id)
        assert second.resumes
        found = await second.aget_tuple(_at(run_id))
        assert found
        assert found.pending_writes == [("task", "answer", "1")]


async def test_promise_2_attempts_that_write_at_once_are_told_apart(runs: Runs) -> None:
    """Claims that are gone among others that hold."""
    run_ids = [uuid4() for _ in range(12)]
    async with runs.open() as saver:
        attempts = [await runs.claim(saver, run_id) for run_id in run_ids]
        for run_id in run_ids[::3]:
            await runs.claim(saver, run_id)
        put = await asyncio.gather(*(_put(attempt, "mine") for attempt in attempts), return_exceptions=True)
        lost = [isinstance(each, LeaseLost) for each in put]
        assert lost == [index % 3 == 0 for index in range(12)]
        writes = [
            attempt.aput_writes(_at(run_id, "", str(one)), [("answer", "1")], "task")
            for attempt, run_id, one in zip(attempts, run_ids, put, strict=True)
        ]
        written = await asyncio.gather(*writes, return_exceptions=True)
        assert [isinstance(each, LeaseLost) for each in written] == lost
        for run_id, is_lost in zip(run_ids, lost, strict=True):
            found = await (await runs.claim(saver, run_id)).aget_tuple(_at(run_id))
            assert (found and found.pending_writes) == (None if is_lost else [("task", "answer", "1")])


async def test_promise_2_two_attempts_of_one_run_that_write_at_once_are_told_apart(runs: Runs) -> None:
    """One process may hold an attempt and its successor."""
    run_id = uuid4()
    async with runs.open() as saver:
        zombie = await runs.claim(saver, run_id)
        head = await _put(zombie, "one")
        second = await runs.claim(saver, run_id)
        put = [_put(zombie, "stale", "sub"), _put(second, "fresh", "sub")]
        told = await asyncio.gather(*put, return_exceptions=True)
        assert [isinstance(each, LeaseLost) for each in told] == [True, False]
        written = [
            attempt.aput_writes(_at(run_id, "", head), [("answer", answer)], "task")
            for attempt, answer in [(zombie, "stale"), (second, "fresh")]
        ]
        told = await asyncio.gather(*written, return_exceptions=True)
        assert [isinstance(each, LeaseLost) for each in told] == [True, False]
        third = await runs.claim(saver, run_id)
        found = await third.aget_tuple(_at(run_id))
        assert found
        assert found.pending_writes == [("task", "answer", "fresh")]
        assert await _found(third, "sub") == "fresh"


async def test_statements_of_the_same_runs_do_not_lock_each_other_out(postgres_database: str) -> None:
    """Checkpoints of branches, and what others returned: two statements that lock the same rows at the same time."""
    prepare_postgres(postgres_database)
    runs = Runs(partial(open_postgres_checkpointer, postgres_database), postgres_database)
    async with runs.open() as saver, await psycopg.AsyncConnection.connect(postgres_database) as other:
        # Among as many rows as these PostgreSQL looks each up, in the order that a statement gives or finds.
        await other.execute(
            "INSERT INTO lectern_run (id, token, status)"
            " SELECT gen_random_uuid(), gen_random_uuid(), 'running' FROM generate_series(1, 30000)"
        )
        await other.commit()
        await other.set_autocommit(True)
        await other.execute("ANALYZE lectern_run")
        await other.set_autocommit(False)
        attempts = [await runs.claim(saver, uuid4()) for _ in range(3)]
        heads = [await _put(attempt, "one") for attempt in attempts]
        for order in permutations(range(3)):
            for row in range(3):
                run_id = attempts[row].claim.run_id
                await other.execute("SELECT FROM lectern_run WHERE id = %s FOR UPDATE", [run_id])
                calls = [_put(attempts[index], "two", "sub:1") for index in order]
                calls += [
                    attempts[index].put_writes_under_claim(
                        _at(attempts[index].claim.run_id, "", heads[index]), [("answer", "1")], "task", ""
                    )
                    for index in order
                ]
                both = asyncio.gather(*calls)
                await _until_waiting(postgres_database, 2)
                await other.rollback()
                await both


async def _until_waiting(url: str, count: int) -> None:
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        while True:
            found = await connection.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
            )
            if (await found.fetchone() or (0,))[0] >= count:
                return
            await asyncio.sleep(0.01)


async def test_a_value_that_the_database_refuses_is_nobody_elses_trouble(runs: Runs) -> None:
    async with runs.open() as saver:
        attempts = [await runs.claim(saver, uuid4()) for _ in range(4)]
        steps = ["one", "half \ud800", "two", "three"]
        put = await asyncio.gather(
            *(_put(attempt, step) for attempt, step in zip(attempts, steps, strict=True)),
            return_exceptions=True,
        )
        assert [isinstance(each, Exception) for each in put] == [False, bool(runs.conninfo), False, False]


async def test_a_name_that_is_too_long_for_an_index_is_nobody_elses_trouble(runs: Runs) -> None:
    async with runs.open() as saver:
        attempts = [await runs.claim(saver, uuid4()) for _ in range(4)]
        names = ["one", os.urandom(3000).hex(), "two", "three"]
        put = await asyncio.gather(
            *(_put(attempt, "step", name) for attempt, name in zip(attempts, names, strict=True)),
            return_exceptions=True,
        )
        assert [isinstance(each, StoreRefuses) for each in put] == [False, bool(runs.conninfo), False, False]


async def test_nobody_waits_behind_a_state_that_is_too_large_for_its_time(
    postgres_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    execute, others_are_done = PoolSaver._execute, asyncio.Event()

    async def late(saver: PoolSaver, statement: bytes, parameters: Any) -> Any:
        if any(len(value or b"") > 1_000_000 for value in parameters["values"]):
            await others_are_done.wait()
            raise TimeoutError
        return await execute(saver, statement, parameters)

    async def put_large(attempt: AttemptSaver) -> None:
        values = {"channel_values": {"step": ["x" * 1_000_001]}, "channel_versions": {"step": "1"}}
        large: Any = {**_after_a_node(), **values}
        await attempt.aput(_at(attempt.claim.run_id), large, {}, {"step": "1"})

    async def write_large(attempt: AttemptSaver) -> None:
        head = _at(attempt.claim.run_id, "", str(uuid4()))
        await attempt.aput_writes(head, [("answer", "x" * 1_000_001)], "task")

    monkeypatch.setattr(PoolSaver, "_execute", late)
    prepare_postgres(postgres_database)
    runs = Runs(partial(open_postgres_checkpointer, postgres_database), postgres_database)
    async with runs.open() as saver:
        attempts = [await runs.claim(saver, uuid4()) for _ in range(4)]
        large = asyncio.gather(put_large(attempts[0]), write_large(attempts[1]), return_exceptions=True)
        heads = [await _put(attempt, "small") for attempt in attempts[2:]]
        for attempt, head in zip(attempts[2:], heads, strict=True):
            await attempt.aput_writes(_at(attempt.claim.run_id, "", head), [("answer", "1")], "task")
        others_are_done.set()
        assert [type(each) for each in await large] == [StoreUnavailable] * 2


async def test_a_late_first_look_takes_no_claim_from_a_later_attempt(runs: Runs) -> None:
    run_id = uuid4()
    async with runs.open() as saver:
        runs.claimed(run_id)
        late = runs.claimed(run_id)
        third = await runs.claim(saver, run_id)
        if runs.conninfo:
            with pytest.raises(LeaseLost):
                await _put(await saver.attempt(late, "shape"), "stale")
        else:
            with pytest.raises(StoreUnavailable):
                await saver.attempt(late, "shape")
        await _put(third, "three")
        assert await _found(third) == "three"


async def test_what_nodes_returned_is_not_written_twice_where_their_step_is_over(runs: Runs) -> None:
    run_id = uuid4()
    async with runs.open() as saver:
        attempt = await runs.claim(saver, run_id)
        parent = await _put(attempt, "one")
        writing = asyncio.create_task(attempt.aput_writes(_at(run_id, "", parent), [("answer", "1")], "task"))
        await asyncio.sleep(0)
        child: Checkpoint = {**_after_a_node(), "channel_values": {"step": "two"}}
        await attempt.aput(_at(run_id, "", parent), child, {}, {})
        await writing
        await attempt.aput_writes(_at(run_id, "", parent), [("answer", "1")], "late task")
        before = await attempt.aget_tuple(_at(run_id, "", parent))
        assert before
        assert not before.pending_writes
        assert await _found(attempt) == "two"


async def test_what_nodes_returned_is_written_where_the_checkpoint_after_them_cannot_be(runs: Runs) -> None:
    run_id = uuid4()
    async with runs.open() as saver:
        attempt = await runs.claim(saver, run_id)
        parent = await _put(attempt, "one")
        writing = asyncio.create_task(attempt.aput_writes(_at(run_id, "", parent), [("answer", "1")], "task"))
        await asyncio.sleep(0)
        unwritable: Checkpoint = {**_after_a_node(), "channel_values": {"step": object()}}
        with pytest.raises(TypeError):
            await attempt.aput(_at(run_id, "", parent), unwritable, {}, {"step": "2"})
        await writing
        found = await (await runs.claim(saver, run_id)).aget_tuple(_at(run_id))
        assert found
        assert found.pending_writes == [("task", "answer", "1")]


async def test_another_thread_than_the_runs_is_left_to_langgraph(runs: Runs) -> None:
    other = uuid4()
    async with runs.open() as saver:
        attempt = await runs.claim(saver, uuid4())
        checkpoint: Checkpoint = {**_after_a_node(), "channel_values": {"step": "theirs"}}
        await attempt.aput(_at(other), checkpoint, {}, {})
        await attempt.aput_writes(_at(other, "", checkpoint["id"]), [("a", 1)], "task")
        found = await attempt.aget_tuple(_at(other))
        assert found
        assert (found.checkpoint["channel_values"], found.pending_writes) == (
            {"step": "theirs"},
            [("task", "a", 1)],
        )
        assert not attempt.resumes


async def test_writes_wait_for_a_takeover_that_is_under_way_and_are_refused_after_it(
    postgres_database: str,
) -> None:
    prepare_postgres(postgres_database)
    runs, run_id = Runs(partial(open_postgres_checkpointer, postgres_database), postgres_database), uuid4()
    async with runs.open() as saver:
        zombie = await runs.claim(saver, run_id)
        head = await _put(zombie, "one")
        with psycopg.connect(postgres_database) as other:
            other.execute("UPDATE lectern_run SET token = %s", [uuid4()])
            writing = asyncio.create_task(
                zombie.aput_writes(_at(run_id, "", head), [("answer", "stale")], "task")
            )
            done, _ = await asyncio.wait([writing], timeout=0.3)
            assert not done
            await asyncio.to_thread(other.commit)
        with pytest.raises(LeaseLost):
            await writing


async def test_promise_2_nothing_of_what_is_refused_is_stored(postgres_database: str) -> None:
    prepare_postgres(postgres_database)
    runs, run_id = Runs(partial(open_postgres_checkpointer, postgres_database), postgres_database), uuid4()
    stale: Checkpoint = {
        **_after_a_node(),
        "channel_values": {"list": [1]},
        "channel_versions": {"list": "2"},
    }

    def stored() -> list[int]:
        with psycopg.connect(postgres_database) as connection:
            tables = ("checkpoints", "checkpoint_blobs", "checkpoint_writes")
            return [len(connection.execute(f"SELECT 1 FROM {table}").fetchall()) for table in tables]

    async with runs.open() as saver:
        zombie = await runs.claim(saver, run_id)
        head = await _put(zombie, "one")
        await runs.claim(saver, run_id)
        before = stored()
        with pytest.raises(LeaseLost):
            await zombie.aput(_at(run_id, "", head), stale, {}, {"list": "2"})
        with pytest.raises(LeaseLost):
            await zombie.aput_writes(_at(run_id, "", head), [("list", [1])], "task")
        assert stored() == before


async def test_what_is_written_is_what_langgraph_would_write(postgres_database: str) -> None:
    prepare_postgres(postgres_database)
    runs = Runs(partial(open_postgres_checkpointer, postgres_database), postgres_database)
    checkpoint: Checkpoint = {
        **_after_a_node(),
        "channel_values": {"text": "ä☕", "number": 1.5, "list": [1, {"a": None}], "raw": b"\0\xff"},
        "channel_versions": {"text": "1", "number": "1", "list": "1", "raw": "1"},
    }
    writes = [("list", [1]), ("raw", b"\0")]
    special = [("__interrupt__", ["stop"])]
    async with runs.open() as plain:
        guarded = await runs.claim(plain, uuid4())
        theirs = uuid4()
        for saver, run_id in ((plain, theirs), (guarded, guarded.claim.run_id)):
            parent = "1ef4f797-8335-6428-8001-8a1503f9b875"
            versions = checkpoint["channel_versions"]
            await saver.aput(_at(run_id, "", parent), checkpoint, {"step": 1, "source": "loop"}, versions)
            config = _at(run_id, "", checkpoint["id"])
            await saver.aput_writes(config, writes, "task", "~path")
            await saver.aput_writes(config, [("list", "a second time")], "task", "~path")
            await saver.aput_writes(config, [("__error__", "away")], "failed")
            await saver.aput_writes(config, special, "other")
            await saver.aput_writes(config, [("__interrupt__", ["again"])], "other")
    with psycopg.connect(postgres_database) as connection:
        for table in ("checkpoints", "checkpoint_blobs", "checkpoint_writes"):
            rows = connection.execute(f"SELECT to_jsonb(t) - 'thread_id' AS row, thread_id FROM {table} t")
            found: dict[str, list[str]] = {}
            for row, thread in rows:
                found.setdefault(thread, []).append(json.dumps(row, sort_keys=True))
            assert sorted(found[str(theirs)]) == sorted(found[str(guarded.claim.run_id)])


async def test_checkpoints_of_ended_runs_go_together_and_claims_with_them(
    runs: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mapped, "_FORGET_SECONDS", 0.01)
    async with runs.open() as saver:
        attempts = [await runs.claim(saver, uuid4()) for _ in range(3)]
        for attempt in attempts:
            await _put(attempt, "one")
        for attempt in attempts[:2]:
            saver.forget(attempt.claim.run_id)
        async with asyncio.timeout(30):
            while await _found(attempts[0]) or await _found(attempts[1]):  # noqa: ASYNC110  # no event tells
                await asyncio.sleep(0.01)
        assert await _found(attempts[2]) == "one"
        saver.forget(attempts[2].claim.run_id)
    async with runs.open() as saver:  # a process that ends forgets at once
        assert await saver.aget_tuple(_at(attempts[2].claim.run_id)) is None


# --- subgraphs ------------------------------------------------------------------------------------------------------


def test_heads_of_subgraphs_go_with_the_step_that_they_belong_to() -> None:
    heads = {"": "1", "a:x": "2", "a:x|b:y": "3", "a:x|kept": "4", "kept": "5", "ab:z": "6"}
    assert moved(heads, "a:x", "9") == {"": "1", "a:x": "9", "a:x|kept": "4", "kept": "5", "ab:z": "6"}
    assert moved(heads, "", "9") == {"": "9", "kept": "5"}
    assert moved({}, "a:x", "1") == {"a:x": "1"}


async def test_heads_of_parallel_subgraphs_are_all_kept(runs: Runs) -> None:
    run_id = uuid4()
    async with runs.open() as saver:
        first = await runs.claim(saver, run_id)
        await _put(first, "root")
        namespaces = [f"sub:{number}" for number in range(20)]
        await asyncio.gather(*(_put(first, name, name) for name in namespaces))
        second = await runs.claim(saver, run_id)
        assert [await _found(second, name) for name in namespaces] == namespaces


class _State(TypedDict, total=False):
    done: Annotated[list[str], operator.add]


async def _after_the_writes_of_its_neighbours() -> None:
    for _ in range(
        100
    ):  # turns of the loop, however long they take: to end and to write takes a neighbour a few
        await asyncio.sleep(0)


class _Failing:
    """Nodes that tell when they run; `breaks` names those that fail, each as often as it is named."""

    def __init__(self, *breaks: str) -> None:
        self.ran: list[str] = []
        self.breaks = list(breaks)

    def node(self, name: str) -> Any:
        async def run(_state: _State) -> _State:
            self.ran.append(name)
            await asyncio.sleep(0)
            if name in self.breaks:
                await _after_the_writes_of_its_neighbours()
                self.breaks.remove(name)
                raise ConnectionError(name)
            return {"done": [name]}

        return run


def _chain(nodes: dict[str, Any]) -> Any:
    graph: Any = StateGraph(_State)
    for before, name in zip([START, *nodes], nodes, strict=False):
        graph.add_node(name, nodes[name])
        graph.add_edge(before, name)
    graph.add_edge(list(nodes)[-1], END)
    return graph


async def _attempts(runs: Runs, builder: Any, count: int, asked: Any = None) -> Any:
    """Run a graph in attempts, each but the last of which fails, on machines whose clocks go backwards."""
    run_id, final = uuid4(), None
    async with runs.open() as saver:
        for number in range(count):
            with _clock_off(-300 * number):
                attempt = await runs.claim(saver, run_id)
                graph = builder.compile(checkpointer=attempt)
                given: Any = None if attempt.resumes else asked or {"done": []}
                try:
                    final = await graph.ainvoke(
                        given, {"configurable": {"thread_id": str(run_id)}}, durability="sync"
                    )
                except ConnectionError:
                    assert number + 1 < count
    return final


async def test_parallel_branches_that_finished_are_not_run_again(runs: Runs) -> None:
    nodes = _Failing("b", "b")
    graph: Any = StateGraph(_State)
    for name in ("first", "a", "b", "last"):
        graph.add_node(name, nodes.node(name))
    graph.add_edge(START, "first")
    graph.add_edge("first", "a")
    graph.add_edge("first", "b")
    graph.add_edge(["a", "b"], "last")
    final = await _attempts(runs, graph, 3)
    assert nodes.ran == ["first", "a", "b", "b", "b", "last"]
    assert sorted(final["done"]) == ["a", "b", "first", "last"]


async def test_promise_3_branches_of_the_first_step_that_finished_are_not_run_again(runs: Runs) -> None:
    nodes = _Failing("b", "b")
    graph: Any = StateGraph(_State)
    for name in ("a", "b", "last"):
        graph.add_node(name, nodes.node(name))
    graph.add_edge(START, "a")
    graph.add_edge(START, "b")
    graph.add_edge(["a", "b"], "last")
    final = await _attempts(runs, graph, 3)
    assert nodes.ran == ["a", "b", "b", "b", "last"]
    assert sorted(final["done"]) == ["a", "b", "last"]


async def test_the_next_attempt_finds_the_input_as_it_was_before_a_node_changed_it_in_place(
    runs: Runs,
) -> None:
    nodes, saw = _Failing(), list[list[str]]()

    class Given(_State):
        given: list[str]

    async def changes(state: Given) -> _State:
        saw.append([*state["given"]])
        state["given"].append("half")
        await _after_the_writes_of_its_neighbours()
        if len(saw) == 1:
            raise ConnectionError("changes")
        return {"done": ["changes"]}

    graph: Any = StateGraph(Given)
    graph.add_node("a", nodes.node("a"))
    graph.add_node("changes", changes)
    graph.add_edge(START, "a")
    graph.add_edge(START, "changes")
    await _attempts(runs, graph, 2, {"done": [], "given": ["whole"]})
    assert nodes.ran == ["a"]
    assert saw == [["whole"], ["whole"]]


async def test_an_input_that_cannot_be_copied_is_written_at_once(runs: Runs) -> None:
    class Locked(BaseModel):
        name: str
        _lock: Any = PrivateAttr(default_factory=Lock)

    run_id = uuid4()
    before: Checkpoint = {
        **empty_checkpoint(),
        "versions_seen": {"__start__": {}},
        "channel_values": {"step": Locked(name="asked")},
        "channel_versions": {"step": "1"},
    }
    async with runs.open() as saver:
        await (await runs.claim(saver, run_id)).aput(_at(run_id), before, {}, {"step": "1"})
        assert (await runs.claim(saver, run_id)).resumes


async def test_a_channel_that_is_put_together_of_writes_is_whole_in_the_next_attempt(runs: Runs) -> None:
    nodes = _Failing("two", "three")

    class Parts(TypedDict):
        done: Annotated[
            list[str], DeltaChannel(lambda before, writes: [*before, *chain.from_iterable(writes)], list)
        ]

    graph: Any = StateGraph(Parts)
    for before, name in zip([START, "one", "two"], ["one", "two", "three"], strict=True):
        graph.add_node(name, nodes.node(name), input_schema=Parts)
        graph.add_edge(before, name)
    final = await _attempts(runs, graph, 3)
    assert final["done"] == ["one", "two", "three"]


async def test_a_subgraph_is_gone_on_with_in_its_middle(runs: Runs) -> None:
    nodes = _Failing("inner two", "inner two", "after")
    inner = _chain({name: nodes.node(name) for name in ("inner one", "inner two")}).compile()
    final = await _attempts(
        runs, _chain({"before": nodes.node("before"), "sub": inner, "after": nodes.node("after")}), 4
    )
    assert nodes.ran == ["before", "inner one", "inner two", "inner two", "inner two", "after", "after"]
    assert final["done"][-1] == "after"


async def test_a_subgraph_that_keeps_its_state_keeps_its_head_from_step_to_step(runs: Runs) -> None:
    nodes = _Failing("between", "inner")
    inner = _chain({"inner": nodes.node("inner")}).compile(checkpointer=True)

    async def call(_state: _State) -> _State:
        return {"done": [f"kept {len((await inner.ainvoke({'done': ['call']}))['done'])}"]}

    graph: Any = StateGraph(_State)
    graph.add_node("call", call)
    graph.add_node("between", nodes.node("between"))
    graph.add_edge(START, "call")
    graph.add_edge("call", "between")
    graph.add_conditional_edges("between", lambda state: END if len(state["done"]) > 3 else "call")
    final = await _attempts(runs, graph, 3)
    assert final["done"] == ["kept 2", "between", "kept 4", "between"]


# --- kill -9 --------------------------------------------------------------------------------------------------------

_DYING = """
import asyncio, os, signal, sys
from functools import partial
from pathlib import Path
from uuid import UUID
from lectern.adapters.checkpoints.postgres import open_postgres_checkpointer
from lectern.adapters.checkpoints.sqlite import open_sqlite_checkpointer
from tests.attempts import Runs
from tests.contract.test_attempts import _at, run_branches

place, run_id, log = sys.argv[1], UUID(sys.argv[2]), Path(sys.argv[3])
postgres = place.startswith("postgres")
opener = partial(open_postgres_checkpointer, place) if postgres else partial(open_sqlite_checkpointer, Path(place))
asyncio.run(run_branches(Runs(opener, place if postgres else ""), run_id, log, dies=True))
"""


async def run_branches(runs: Runs, run_id: UUID, log: Path, *, dies: bool) -> Any:
    """Run a graph of two branches; with `dies` the process is killed in the second, when the first one is written."""
    async with runs.open() as saver:
        attempt = await runs.claim(saver, run_id)

        async def quick(_state: _State) -> _State:
            with log.open("a") as lines:
                lines.write("quick\n")
            return {"done": ["quick"]}

        async def slow(_state: _State) -> _State:
            with log.open("a") as lines:
                lines.write("slow\n")
            while dies:
                found = await attempt.aget_tuple(_at(run_id))
                if found and any(channel == "done" for _, channel, _ in found.pending_writes or []):
                    os.kill(os.getpid(), signal.SIGKILL)
                await asyncio.sleep(0.01)
            return {"done": ["slow"]}

        graph: Any = StateGraph(_State)
        for name, node in (("quick", quick), ("slow", slow)):
            graph.add_node(name, node)
            graph.add_edge(START, name)
            graph.add_edge(name, END)
        given: Any = None if attempt.resumes else {"done": []}
        config: Any = {"configurable": {"thread_id": str(run_id)}}
        return await graph.compile(checkpointer=attempt).ainvoke(given, config, durability="sync")


async def test_a_branch_that_finished_before_its_worker_was_killed_is_not_run_again(
    runs: Runs, tmp_path: Path
) -> None:
    run_id, log = uuid4(), tmp_path / "log"
    place = runs.conninfo or str(tmp_path / "checkpoints.sqlite3")
    command = [sys.executable, "-c", _DYING, place, str(run_id), str(log)]
    ended = await asyncio.to_thread(
        subprocess.run, command, cwd=_ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert ended.returncode == -signal.SIGKILL, ended.stderr
    runs.attempts[run_id] = 1
    final = await run_branches(runs, run_id, log, dies=False)
    assert sorted(final["done"]) == ["quick", "slow"]
    assert log.read_text().split() == ["quick", "slow", "slow"]
