import asyncio
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any
from uuid import UUID

import pytest
from django.db import DataError
from langgraph.graph import END, START, StateGraph
from langgraph.runtime import Runtime
from langgraph.types import RetryPolicy as NodeRetry
from langgraph.types import Send

from lectern.adapters.sql.calls import store_call
from lectern.engine import executing
from lectern.engine.cancelling import cancel
from lectern.engine.domain.run import Run, RunStatus
from lectern.engine.domain.thread import Turn
from lectern.engine.errors import RunFailed, RunFailedForNow, StoreUnavailable
from lectern.engine.finishing import give_back
from lectern.engine.options import EngineOptions
from lectern.engine.progress import NOTE_SECONDS
from lectern.engine.retrying import RetryPolicy
from lectern.engine.workload import AttemptLeft
from tests.engine_house import EchoState, House, InMemoryAttempt, echo_workload


def test_a_run_is_answered_and_its_checkpoints_are_deleted(house: House) -> None:
    run = house.execute(house.queued_run())
    assert run
    assert (run.status, run.result) == (RunStatus.SUCCEEDED, {"answer": "turns:0 answered"})
    assert house.saver.storage == {}


def test_two_deliveries_of_one_message_run_once(house: House) -> None:
    calls: list[int] = []
    house.add_workload(echo_workload(nodes={"answer": lambda state: calls.append(1) or {"log": ["x"]}}))
    run, executor = house.queued_run(), house.executor()

    async def deliver_twice() -> list[object]:
        return await asyncio.gather(executor.execute(run.id), executor.execute(run.id))

    assert sorted(outcome is None for outcome in asyncio.run(deliver_twice())) == [False, True]
    assert calls == [1]


@pytest.mark.parametrize("sign", ["\0", "\ud83d"], ids=["a NUL", "half a character"])
def test_a_run_fails_with_a_sentence_that_holds_what_sql_does_not_store(house: House, sign: str) -> None:
    def fail(state: object) -> None:
        raise RunFailed(f"The model said {sign}.")

    house.add_workload(echo_workload(nodes={"answer": fail}))
    ended = house.execute(house.queued_run())
    assert ended
    assert ended.status is RunStatus.FAILED
    assert sign not in ended.error


def test_promise_5_what_runs_that_come_at_once_ask_of_the_store_is_asked_together(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    count, all_ended = 8, threading.Event()
    sizes: dict[str, list[int]] = {"claim": [], "turns_before": [], "succeed": []}

    def counted(owner: object, name: str) -> None:
        made = getattr(owner, name)

        def call(items: Any, *args: Any, **kwargs: Any) -> Any:
            sizes[name].append(len(items))
            if name == "succeed":
                assert all_ended.wait(30)
            return made(items, *args, **kwargs)

        monkeypatch.setattr(owner, name, call)

    for owner, name in (
        (house.runs, "claim"),
        (house.engine.conversations, "turns_before"),
        (house.runs, "succeed"),
    ):
        counted(owner, name)
    executor, ended = house.executor(), 0
    successes: Any = executor._successes

    async def end(item: Any) -> Any:
        nonlocal ended
        ended += 1
        if ended == count:
            all_ended.set()
        return await successes(item)

    executor._successes = end  # type: ignore[assignment]  # tells when the last one has come, and passes it on
    runs = [house.queued_run() for _ in range(count)]

    async def story() -> list[Run | None]:
        await executor.prepare()
        return await asyncio.gather(*(executor.execute(run.id) for run in runs))

    assert all(run and run.status is RunStatus.SUCCEEDED for run in asyncio.run(story()))
    assert (sizes["claim"], sizes["turns_before"]) == ([count], [count])
    assert sum(sizes["succeed"]) == count
    assert len(sizes["succeed"]) <= 2  # the first may be written before the second has come


def test_a_result_is_made_off_the_loop(house: House) -> None:
    made_by: list[int] = []

    def result(state: object) -> dict[str, str]:
        made_by.append(threading.get_ident())
        return {"answer": "x"}

    house.add_workload(echo_workload(to_result=result))
    assert house.execute(house.queued_run())
    assert made_by != [threading.get_ident()]


def test_promise_5_a_graph_is_built_off_the_loop(house: House) -> None:
    built_by: list[int] = []
    workload = echo_workload()

    def build() -> object:
        built_by.append(threading.get_ident())
        return workload.build()

    house.add_workload(echo_workload(build=build))
    assert house.execute(house.queued_run())
    assert built_by != [threading.get_ident()]


def test_a_run_whose_workload_this_worker_does_not_know_is_left_to_another_one(house: House) -> None:
    new = house.add_workload(echo_workload("new"))
    run = house.queued_run("new")
    executor = house.executor()
    executor.workloads = {}
    waiting = asyncio.run(executor.execute(run.id))
    assert waiting
    assert waiting.status is RunStatus.RETRYING
    house.clock.advance(60)
    ended = house.execute(run)
    assert ended
    assert ended.status is RunStatus.SUCCEEDED
    assert new.name == ended.workload


def test_a_loop_with_a_clock_of_its_own_takes_no_time_from_a_run(house: House) -> None:
    class Ahead(asyncio.SelectorEventLoop):
        def time(self) -> float:
            return super().time() + 1_000_000

    executor, run = house.executor(), house.queued_run()
    with asyncio.Runner(loop_factory=Ahead) as runner:
        ended = runner.run(executor.execute(run.id))
    assert ended
    assert ended.status is RunStatus.SUCCEEDED


def test_earlier_turns_of_the_thread_are_handed_to_the_graph(house: House) -> None:
    house.execute(house.queued_run(thread_key="t"))
    house.execute(house.queued_run(thread_key="t", owner="ben"))
    run = house.execute(house.queued_run(thread_key="t"))
    assert run
    assert run.result == {"answer": "turns:1 answered"}


def test_a_completed_step_is_not_done_again(house: House) -> None:
    done: list[str] = []

    def second(state: object) -> dict[str, list[str]]:
        done.append("second")
        if done.count("second") == 1:
            raise RunFailedForNow("The model is away.")
        return {"log": ["second"]}

    first = lambda state: done.append("first") or {"log": ["first"]}  # noqa: E731  # a node of one line
    house.add_workload(echo_workload(nodes={"first": first, "second": second}))
    run = house.queued_run()
    waiting = house.execute(run)
    assert waiting
    assert waiting.status is RunStatus.RETRYING
    house.clock.advance(60)
    ended = house.execute(run)
    assert ended
    assert ended.result == {"answer": "turns:0 first second"}
    assert done == ["first", "second", "second"]


def test_promise_3_the_next_node_begins_when_the_checkpoint_is_written(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[str] = []
    began = asyncio.Event()
    put_under_claim = InMemoryAttempt.put_under_claim

    async def slow(attempt: InMemoryAttempt, heads: Any, puts: Any) -> bool:
        with suppress(TimeoutError):
            await asyncio.wait_for(began.wait(), 0.3)
        order.append("written")
        return await put_under_claim(attempt, heads, puts)

    async def second(state: object) -> dict[str, list[str]]:
        order.append("second")
        began.set()
        return {"log": ["second"]}

    monkeypatch.setattr(InMemoryAttempt, "put_under_claim", slow)
    house.add_workload(echo_workload(nodes={"first": lambda state: {"log": ["first"]}, "second": second}))
    assert house.execute(house.queued_run())
    assert order == ["written", "second"]


def test_promise_2_no_node_begins_when_the_lease_has_run_out(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    done, lease, gone = list[str](), house.lease(), list[bool]()
    put_under_claim = InMemoryAttempt.put_under_claim

    async def stopped(attempt: InMemoryAttempt, heads: Any, puts: Any) -> bool:
        written = await put_under_claim(attempt, heads, puts)
        gone.append(True)  # the process was stopped meanwhile
        return written

    def node(name: str) -> Any:
        return lambda state: done.append(name) or {"log": [name]}

    monkeypatch.setattr(InMemoryAttempt, "put_under_claim", stopped)
    house.add_workload(echo_workload(nodes={"first": node("first"), "second": node("second")}))
    monkeypatch.setattr(lease, "has_run_out", lambda: bool(gone))
    executor = house.executor(lease)
    assert asyncio.run(executor.execute(house.queued_run().id)) is None
    assert done == ["first"]


def test_an_attempt_of_the_house_outlasts_a_lease_that_nobody_renews(transactional_db: None) -> None:
    house = House(options=EngineOptions(lease_seconds=0))
    ended = house.execute(house.queued_run())
    assert ended
    assert ended.status is RunStatus.SUCCEEDED


@pytest.mark.parametrize("how", ["an edge", "a branch", "something sent", "all before it"])
def test_promise_3_only_what_no_node_follows_is_left_to_the_end_of_the_run(
    house: House, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    order: list[str] = []
    put_under_claim = InMemoryAttempt.put_under_claim

    async def noted(attempt: InMemoryAttempt, heads: Any, puts: Any) -> bool:
        order.append("written")
        return await put_under_claim(attempt, heads, puts)

    def node(name: str) -> Any:
        return lambda state: order.append(name) or {"log": [name]}

    def build() -> StateGraph[Any, Any, Any, Any]:
        graph = StateGraph(EchoState)
        for name in ("first", "last"):
            graph.add_node(name, node(name))
        graph.add_edge(START, "first")
        if how == "an edge":
            graph.add_edge("first", "last")
        elif how == "a branch":
            graph.add_conditional_edges("first", lambda state: "last", ["last"])
        elif how == "something sent":
            graph.add_conditional_edges("first", lambda state: [Send("last", state)], ["last"])
        else:
            graph.add_edge(["first"], "last")
        return graph

    monkeypatch.setattr(InMemoryAttempt, "put_under_claim", noted)
    house.add_workload(echo_workload(build=build))
    ended = house.execute(house.queued_run())
    assert ended
    assert ended.result == {"answer": "turns:0 first last"}
    assert order == ["first", "written", "last"]


def test_a_changed_graph_starts_from_the_beginning(house: House) -> None:
    def away(state: object) -> None:
        raise RunFailedForNow("Away.")

    house.add_workload(echo_workload(nodes={"first": lambda state: {"log": ["old"]}, "second": away}))
    run = house.queued_run()
    house.execute(run)
    house.clock.advance(60)
    house.add_workload(echo_workload(nodes={"other": lambda state: {"log": ["new"]}}))
    ended = house.execute(run)
    assert ended
    assert ended.result == {"answer": "turns:0 new"}


def test_a_bug_in_a_node_is_a_failure_with_a_sentence_and_no_detail(house: House) -> None:
    def bug(state: object) -> None:
        raise KeyError("secret")

    house.add_workload(echo_workload(nodes={"answer": bug}))
    run = house.execute(house.queued_run())
    assert run
    assert (run.status, run.error_code) == (RunStatus.FAILED, "internal")
    assert "secret" not in run.error


def test_what_a_workload_calls_a_failure_is_one(house: House) -> None:
    def refuse(state: object) -> None:
        raise RunFailed("The course was removed.")

    house.add_workload(echo_workload(nodes={"answer": refuse}))
    run = house.execute(house.queued_run())
    assert run
    assert (run.status, run.error) == (RunStatus.FAILED, "The course was removed.")


def test_an_unknown_workload_fails_with_a_sentence(house: House) -> None:
    house.add_workload(echo_workload(max_attempts=1))
    run = house.queued_run()
    del house.workloads["echo"]
    ended = house.execute(run)
    assert ended
    assert ended.status is RunStatus.FAILED
    assert "echo" in ended.error


def test_the_deadline_ends_a_run_with_a_sentence(house: House) -> None:
    async def forever(state: object) -> None:
        await asyncio.Event().wait()

    house.add_workload(echo_workload(nodes={"answer": forever}, deadline_seconds=0.1))
    run = house.execute(house.queued_run())
    assert run
    assert (run.status, run.error) == (RunStatus.FAILED, "This took longer than 0.1 seconds.")


def test_a_nodes_own_timeout_is_not_told_as_the_deadline(house: House) -> None:
    async def slow(state: object) -> None:
        raise TimeoutError("The model did not answer.")

    house.add_workload(echo_workload(nodes={"before": lambda state: {"log": ["done"]}, "answer": slow}))
    run = house.execute(house.queued_run())
    assert run
    assert (run.status, run.error) == (
        RunStatus.RETRYING,
        "A service that this task needs did not answer in time.",
    )


def test_a_result_that_the_store_does_not_take_fails_the_run_and_does_not_hang_it(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def succeed(_ended: object) -> list[Run]:
        with store_call():
            raise DataError("unsupported Unicode escape sequence")  # PostgreSQL's words for a NUL

    monkeypatch.setattr(house.runs, "succeed", succeed)
    run = house.execute(house.queued_run())
    assert run
    assert (run.status, run.error_code) == (RunStatus.FAILED, "store_refuses")


def test_the_deadline_counts_from_the_first_claim(house: House) -> None:
    run = house.claimed_run()
    give_back(run, "lost", house.runs)
    house.clock.advance(run.deadline_seconds + 1)
    calls: list[int] = []
    house.add_workload(echo_workload(nodes={"answer": lambda state: calls.append(1) or {"log": ["x"]}}))
    ended = house.execute(run)
    assert ended
    assert (ended.error_code, calls) == ("deadline", [])  # past it an attempt does not begin


@pytest.mark.parametrize("how", ["cancelled", "worker stops"])
def test_a_node_is_really_cancelled(house: House, how: str) -> None:
    outcome: list[str] = []

    began = asyncio.Event()

    async def slow(state: object) -> None:
        began.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            outcome.append("cancelled")
            raise

    house.add_workload(echo_workload(nodes={"before": lambda state: {"log": ["done"]}, "answer": slow}))
    run, lease = house.queued_run(), house.lease()

    async def story() -> None:
        executor = house.executor(lease)
        task = asyncio.create_task(executor.execute(run.id))
        await began.wait()
        if how == "cancelled":
            await asyncio.to_thread(cancel, run.id, house.runs)
            await asyncio.to_thread(lease.beat)
            assert await task is None
        else:
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    asyncio.run(story())
    assert outcome == ["cancelled"]
    assert house.engine.get(run.id).status is (
        RunStatus.CANCELLED if how == "cancelled" else RunStatus.QUEUED
    )
    assert house.engine.get(run.id).attempts_left == (4 if how == "cancelled" else 5)
    assert bool(house.saver.storage) is (how == "worker stops")  # nobody goes on with a cancelled one
    assert lease.busy == 0


def test_progress_shows_what_the_graph_is_doing(house: House) -> None:
    seen: list[str] = []
    run_ids: list[object] = []

    def wait(state: object) -> dict[str, list[str]]:
        time.sleep(0.3)
        return {"log": []}

    def look(state: object) -> dict[str, list[str]]:
        seen.append(house.engine.get(run_ids[0]).step)  # type: ignore[arg-type]
        return {"log": []}

    house.add_workload(echo_workload(nodes={"wait": wait, "look": look}, steps={"look": "Looking around"}))
    run = house.queued_run()
    run_ids.append(run.id)
    house.execute(run)
    assert seen == ["Looking around"]


def test_sync_nodes_do_not_hold_the_loop(house: House) -> None:
    inside, let = threading.Event(), threading.Event()

    def block(state: object) -> dict[str, list[str]]:
        inside.set()
        return {"log": [f"let: {let.wait(30)}"]}

    house.add_workload(echo_workload(nodes={"answer": block}))
    run, executor = house.queued_run(), house.executor()

    async def story() -> None:
        task = asyncio.create_task(executor.execute(run.id))
        assert await asyncio.to_thread(inside.wait, 30)
        let.set()  # by the loop
        ended = await task
        assert ended
        assert ended.result == {"answer": "turns:0 let: True"}

    asyncio.run(story())


def test_an_answer_is_not_thrown_away_because_the_store_is_away_when_it_is_done(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    store_succeed, refusals = house.runs.succeed, iter([StoreUnavailable("away"), StoreUnavailable("away")])

    def succeed(ended: Any) -> list[Run]:
        if refusal := next(refusals, None):
            raise refusal
        return store_succeed(ended)

    monkeypatch.setattr(house.runs, "succeed", succeed)
    monkeypatch.setattr(executing, "_END_PAUSE_SECONDS", 0.001)
    calls: list[int] = []
    house.add_workload(echo_workload(nodes={"answer": lambda state: calls.append(1) or {"log": ["x"]}}))
    run = house.execute(house.queued_run())
    assert run
    assert (run.status, calls) == (RunStatus.SUCCEEDED, [1])


def test_an_attempt_that_lost_its_run_goes_no_further(house: House) -> None:
    reached: list[str] = []

    async def lose(state: object) -> dict[str, list[str]]:
        (run,) = await asyncio.to_thread(house.engine.recent, "anna", None, 1)
        await asyncio.to_thread(give_back, run, "lost", house.runs)
        await asyncio.sleep(NOTE_SECONDS)
        return {"log": ["one"]}

    async def second(state: object) -> dict[str, list[str]]:
        reached.append("second")
        await asyncio.sleep(30)
        reached.append("end of second")
        return {"log": ["two"]}

    house.add_workload(echo_workload(nodes={"one": lose, "two": second}, steps={"one": "One", "two": "Two"}))
    assert house.execute(house.queued_run()) is None
    assert "end of second" not in reached


def test_promise_3_an_attempt_that_lost_its_run_leaves_its_checkpoints_to_the_next(house: House) -> None:
    done: list[str] = []

    def first(state: object) -> dict[str, list[str]]:
        done.append("first")
        return {"log": ["first"]}

    async def second(state: object) -> dict[str, list[str]]:
        done.append("second")
        if done.count("second") == 1:
            (held,) = await asyncio.to_thread(house.engine.recent, "anna", None, 1)
            await asyncio.to_thread(give_back, held, "lost", house.runs)
        return {"log": ["second"]}

    house.add_workload(echo_workload(nodes={"first": first, "second": second}))
    run = house.queued_run()
    assert house.execute(run) is None
    assert house.execute(run)
    assert done == ["first", "second", "second"]


def test_promise_2_an_attempt_that_loses_its_run_while_its_result_is_made_comes_to_nothing(
    house: House,
) -> None:
    def lose(state: object) -> dict[str, str]:
        cancel(run.id, house.runs)
        return {"answer": "late"}

    house.add_workload(echo_workload(to_result=lose))
    run = house.queued_run()
    assert house.execute(run) is None
    now = house.engine.get(run.id)
    assert (now.status, now.result) == (RunStatus.CANCELLED, None)
    assert not house.saver.storage, "nobody goes on from its checkpoints"


def test_the_step_that_works_is_shown_however_soon_it_came_after_another(house: House) -> None:
    shown: list[str] = []

    async def quick(state: object) -> dict[str, list[str]]:
        return {"log": ["one"]}

    async def read(state: object) -> dict[str, list[str]]:
        async with asyncio.timeout(30):
            while shown[-1:] != ["Two"]:
                await asyncio.sleep(NOTE_SECONDS)
                run = await asyncio.to_thread(lambda: house.engine.recent("anna", None, 1)[0])
                shown.append(run.step)
        return {"log": ["two"]}

    house.add_workload(echo_workload(nodes={"one": quick, "two": read}, steps={"one": "One", "two": "Two"}))
    house.execute(house.queued_run())
    assert shown[-1:] == ["Two"]


def test_a_node_may_know_what_is_left_of_its_run(house: House) -> None:
    seen: list[tuple[int, float]] = []

    def failing(_state: object, runtime: Runtime[AttemptLeft]) -> dict[str, list[str]]:
        seen.append((runtime.context.attempts, runtime.context.ends_at - time.monotonic()))
        raise RunFailedForNow("Away.")

    house.add_workload(
        echo_workload(nodes={"answer": failing}, context_of=lambda _run, left: left, max_attempts=2)
    )
    run = house.queued_run()
    house.execute(run)
    house.clock.advance(60)
    house.execute(run)
    assert [attempts for attempts, _ in seen] == [1, 0]
    assert [seconds for _, seconds in seen] == pytest.approx([120, 60], abs=25)


def test_the_pause_that_an_error_asks_for_is_kept(house: House) -> None:
    def busy(_state: object) -> None:
        error = RunFailedForNow("Busy.")
        error.retry_after = 40
        raise error

    house.add_workload(echo_workload(nodes={"answer": busy}))
    now = house.runs.now()
    waiting = house.execute(house.queued_run())
    assert waiting
    assert waiting.not_before
    assert (waiting.not_before - now).total_seconds() >= 40


def test_a_store_that_is_away_for_a_note_ends_no_attempt(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    store_note = house.runs.note

    def note(run_id: UUID, token: UUID, **changes: Any) -> bool:
        if "step" in changes:
            raise StoreUnavailable("away")
        return store_note(run_id, token, **changes)

    async def slow(state: object) -> dict[str, list[str]]:
        await asyncio.sleep(1.5 * NOTE_SECONDS)
        return {"log": ["x"]}

    monkeypatch.setattr(house.runs, "note", note)
    steps = {"one": "One", "two": "Two"}
    house.add_workload(echo_workload(nodes={"one": slow, "two": slow}, steps=steps))
    run = house.execute(house.queued_run())
    assert run
    assert run.status is RunStatus.SUCCEEDED


def test_an_error_of_any_library_is_sorted_and_the_wait_is_visible(house: House) -> None:
    class Busy(Exception):
        status_code = 429

    def busy(state: object) -> None:
        raise Busy("sk-secret")

    house.add_workload(echo_workload(nodes={"answer": busy}))
    waiting = house.execute(house.queued_run())
    assert waiting
    assert waiting.status is RunStatus.RETRYING
    assert waiting.step.startswith("Attempt 2 of 5 in 1 s: A service that this task needs is asked too much")


def test_a_workload_has_its_own_policy(house: House) -> None:
    def bug(state: object) -> None:
        raise KeyError("k")

    policy = RetryPolicy(first_pause_seconds=50, longest_pause_seconds=50, sorts=lambda exc: True)
    house.add_workload(echo_workload(nodes={"answer": bug}, retry=policy))
    now = house.runs.now()
    waiting = house.execute(house.queued_run())
    assert waiting
    assert waiting.not_before
    assert 25 <= (waiting.not_before - now).total_seconds() <= 50


def test_langgraphs_own_retries_of_a_node_are_within_one_attempt(house: House) -> None:
    calls: list[int] = []

    def away_once(state: object) -> dict[str, list[str]]:
        calls.append(1)
        if len(calls) == 1:
            raise ConnectionError
        return {"log": ["x"]}

    def build() -> Any:
        graph = StateGraph(EchoState)
        graph.add_node("answer", away_once, retry_policy=NodeRetry(initial_interval=0.01))
        graph.add_edge(START, "answer")
        return graph

    house.add_workload(echo_workload(build=build))
    run = house.execute(house.queued_run())
    assert run
    assert (run.status, run.attempt, len(calls)) == (RunStatus.SUCCEEDED, 1, 2)


def test_turns_are_asked_for_conversations_alone(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[UUID] = []
    conversations = house.engine.conversations
    turns_before = conversations.turns_before

    def spy(runs: Sequence[Run], limit: int) -> Mapping[UUID, Sequence[Turn]]:
        asked.extend(run.id for run in runs)
        return turns_before(runs, limit)

    monkeypatch.setattr(conversations, "turns_before", spy)
    house.add_workload(echo_workload("silent", conversational=False))
    runs = [house.queued_run(), house.queued_run(in_thread=False), house.queued_run("silent")]
    for run in runs:
        assert house.execute(run)
    assert asked == [runs[0].id]


def test_an_attempt_whose_checkpoints_were_removed_begins_anew(house: House) -> None:
    run = house.queued_run()
    calls: list[str] = []

    def second(state: object) -> dict[str, list[str]]:
        calls.append("second")
        if len(calls) == 2:
            house.saver.delete_thread(str(run.id))
            raise RunFailedForNow("Away.")
        return {"log": ["second"]}

    first = lambda state: calls.append("first") or {"log": ["first"]}  # noqa: E731  # a node of one line
    house.add_workload(echo_workload(nodes={"first": first, "second": second}))
    house.execute(run)
    house.clock.advance(60)
    ended = house.execute(run)
    assert ended
    assert (ended.status, calls) == (RunStatus.SUCCEEDED, ["first", "second", "first", "second"])


def test_promise_3_an_attempt_that_begins_anew_finds_no_subgraph_of_the_one_before(house: House) -> None:
    kept: list[int] = []

    inner = (
        echo_workload(nodes={"inner": lambda state: {"log": ["inner"]}}).build().compile(checkpointer=True)
    )

    async def call(state: object) -> dict[str, list[str]]:
        kept.append(len((await inner.ainvoke({"log": ["call"]}))["log"]))
        if len(kept) == 1:
            raise RunFailedForNow("Away.")
        return {"log": ["called"]}

    house.add_workload(echo_workload(nodes={"first": lambda state: {"log": ["first"]}, "call": call}))
    run = house.queued_run()
    house.execute(run)
    del house.saver.storage[str(run.id)][""]
    house.clock.advance(60)
    assert house.execute(run)
    assert kept == [2, 2]


def test_a_node_that_failed_after_it_had_written_is_run_again_and_what_follows_it_is_not_left_out(
    house: House,
) -> None:
    calls: list[str] = []

    def build() -> Any:
        def route(state: object) -> str:
            calls.append("route")
            if calls.count("route") == 1:
                raise ConnectionError("The service that tells where to go is away.")
            return "second"

        graph = StateGraph(EchoState)
        graph.add_node("first", lambda state: calls.append("first") or {"log": ["first"]})
        graph.add_node("second", lambda state: calls.append("second") or {"log": ["second"]})
        graph.add_edge(START, "first")
        graph.add_conditional_edges("first", route, ["second"])
        graph.add_edge("second", END)
        return graph

    house.add_workload(echo_workload(build=build))
    run = house.execute(house.queued_run())
    assert run
    assert run.status is RunStatus.RETRYING
    house.clock.advance(60)
    again = house.execute(run)
    assert again
    assert again.status is RunStatus.SUCCEEDED
    assert again.result == {"answer": "turns:0 first second"}
