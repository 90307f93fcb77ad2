"""What every count of calls promises. Valkey's runs on the bundled server, or on another one by `make test-redis`."""

import threading
import time
from collections.abc import Callable, Iterator

import pytest
import redis

from lectern.adapters.models.slots import LocalSlots
from lectern.adapters.valkey.slots import ValkeySlots
from lectern.tutor.errors import SlotsUnavailable
from lectern.tutor.ports.language_model import ModelSlots
from tests.redis_server import RedisServer
from tests.waiting import until


@pytest.fixture(scope="module")
def valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    server = RedisServer(tmp_path_factory.mktemp("v"))
    process = server.start()
    try:
        yield server.url
    finally:
        process.kill()
        process.wait(10)


@pytest.fixture(params=["local", "valkey"])
def slots_of(request: pytest.FixtureRequest) -> Callable[[int], ModelSlots]:
    if request.param == "local":
        return lambda count: LocalSlots(slots=count)
    url = request.getfixturevalue("valkey")
    redis.Redis.from_url(url).flushall()
    return lambda count: ValkeySlots(url, slots=count, held_seconds=30)


def test_there_are_so_many_slots_and_no_more(slots_of: Callable[[int], ModelSlots]) -> None:
    slots = slots_of(2)
    first, second = slots.take(), slots.take()
    assert first
    assert second
    assert slots.take() is None
    slots.give_back(first)
    assert slots.take()
    assert slots.take() is None


def test_a_slot_is_given_back_once(slots_of: Callable[[int], ModelSlots]) -> None:
    slots = slots_of(1)
    slot = slots.take()
    assert slot
    slots.give_back(slot)
    other = slots.take()
    slots.give_back(slot)
    assert other
    assert slots.take() is None


def test_threads_that_hurry_get_no_more_slots(slots_of: Callable[[int], ModelSlots]) -> None:
    slots, taken = slots_of(3), list[str | None]()
    threads = [threading.Thread(target=lambda: taken.append(slots.take())) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(slot is not None for slot in taken) == 3


def test_workers_count_together(valkey: str) -> None:
    redis.Redis.from_url(valkey).flushall()
    one, other = (ValkeySlots(valkey, slots=1, held_seconds=30) for _ in range(2))
    slot = one.take()
    assert slot
    assert other.take() is None
    one.give_back(slot)
    assert other.take()


def test_the_slot_of_a_worker_that_died_is_free_after_a_while(valkey: str) -> None:
    redis.Redis.from_url(valkey).flushall()
    dead, alive = (ValkeySlots(valkey, slots=1, held_seconds=0.2) for _ in range(2))
    began = time.monotonic()
    assert dead.take()
    until("the dead worker's slot is free", alive.take)
    assert time.monotonic() - began > 0.19


def test_a_lost_slot_is_free_although_others_are_taken_all_the_time(valkey: str) -> None:
    redis.Redis.from_url(valkey).flushall()
    dead, alive = (ValkeySlots(valkey, slots=2, held_seconds=0.3) for _ in range(2))
    began = time.monotonic()
    assert dead.take()

    def two_at_once() -> bool:
        taken = [slot for slot in (alive.take(), alive.take()) if slot]
        for slot in taken:
            alive.give_back(slot)
        return len(taken) == 2

    until("both slots are free again", two_at_once)
    assert time.monotonic() - began > 0.29


def test_without_valkey_there_is_an_error_at_the_first_try(monkeypatch: pytest.MonkeyPatch) -> None:
    tries = 0

    def refuse(_connection: object) -> None:
        nonlocal tries
        tries += 1
        raise ConnectionRefusedError("nobody listens")

    monkeypatch.setattr(redis.UnixDomainSocketConnection, "_connect", refuse)
    with pytest.raises(SlotsUnavailable):
        ValkeySlots("unix:///none.sock", slots=1, held_seconds=1).take()
    assert tries == 1
