"""Who gets a slot, in which order, and when it is free again."""

import asyncio
from collections.abc import Callable
from queue import SimpleQueue
from threading import Event
from typing import Any

import pytest
from celery import Celery

from lectern.adapters.celery.pool.callbacks import Callbacks
from lectern.adapters.celery.pool.coroutines import TaskPool
from lectern.adapters.celery.pool.replay import Replay
from lectern.adapters.celery.pool.slots import Slots


class Given:
    """A pool of one slot without a worker, and what it told of the ends of what it was given."""

    def __init__(self) -> None:
        self.app = Celery("given", broker="memory://", set_as_current=False)
        self.told: SimpleQueue[Any] = SimpleQueue()
        self.pool = TaskPool(1, app=self.app)
        self.pool.on_start()

    def give(self, name: str, target: Callable[..., Any] = print) -> None:
        """Give it a task; `target` is run for one that blocks."""
        told = self.told.put
        args = (name, name, {"id": name}, ((), {}, {}), None, None)
        self.pool.on_apply(
            target, args, {}, accept_callback=lambda *_: None, callback=told, error_callback=told, timeout_callback=told
        )  # fmt: skip


def test_promise_5_a_task_that_blocks_holds_no_loop_and_frees_its_slot() -> None:
    def run(*_: object) -> bool:
        return asyncio._get_running_loop() is not None

    given = Given()
    given.app.task(run, name="blocks")
    for _ in range(2):  # the second one gets the slot of the first
        given.give("blocks", run)
        assert given.told.get(timeout=30) is False


def test_promise_5_a_slot_is_free_again_when_its_coroutine_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """What follows the body, as storing its result, is no reason to hold it."""
    given, next_began = Given(), Event()

    async def first() -> None:
        pass

    async def following() -> None:
        next_began.set()

    def after(_: Replay, task_id: str, *__: object) -> tuple[str, bool]:
        return task_id, next_began.wait(10)

    monkeypatch.setattr(Replay, "before", lambda *_: None)
    monkeypatch.setattr(Replay, "after", after)
    for body in (first, following):
        given.app.task(body, name=body.__name__)
    given.give("first")
    given.give("following")
    assert {given.told.get(timeout=30) for _ in range(2)} == {("first", True), ("following", True)}


def test_queues_without_slots_of_their_own_share_theirs_first_come_first_served() -> None:
    slots: Slots[str] = Slots(2, {"own": 1}, ("a", "b", "own"))
    assert [slots.take("a", "1"), slots.take("b", "2"), slots.take("a", "3"), slots.take("b", "4")] == [
        True,
        True,
        False,
        False,
    ]
    assert slots.take("own", "5")
    assert not slots.take("own", "6")
    assert [slots.free("b"), slots.free("a"), slots.free("a")] == ["3", "4", None]
    assert slots.free("own") == "6"
    assert slots.info() == {
        "a,b": {"of": 2, "taken": 1, "waiting": 0},
        "own": {"of": 1, "taken": 1, "waiting": 0},
    }


def test_a_worker_of_one_queue_has_no_slots_of_the_other() -> None:
    assert Slots[str](9, {"own": 2}, ("own",)).info() == {"own": {"of": 2, "taken": 0, "waiting": 0}}
    assert Slots[str](9, {"own": 2}, ("a",)).info() == {"a": {"of": 9, "taken": 0, "waiting": 0}}


def test_who_waits_when_the_pool_closes_gets_no_slot() -> None:
    slots: Slots[str] = Slots(1, {}, ("a",))
    slots.take("a", "1")
    slots.take("a", "2")
    assert slots.clear() == ["2"]
    assert slots.free("a") is None


def test_what_is_posted_is_called_in_order_whatever_fails() -> None:
    callbacks, called = Callbacks(), []

    def fail() -> None:
        called.append("fail")
        raise ValueError("no")

    callbacks.post(fail)
    callbacks.post(called.append, "next")
    assert called == ["fail", "next"]
