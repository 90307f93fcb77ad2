"""Who gets a slot, and in which order."""

from lectern.adapters.celery.pool.callbacks import Callbacks
from lectern.adapters.celery.pool.slots import Slots


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
