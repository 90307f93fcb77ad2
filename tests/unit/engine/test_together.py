import asyncio
from collections.abc import Sequence

import pytest

from lectern.engine.errors import StoreRefuses, StoreUnavailable
from lectern.engine.together import Together


class Store:
    """Doubles numbers, as many at once as it is given; `bad` ones make the whole call fail."""

    def __init__(self, bad: int = 0, error: Exception | None = None) -> None:
        self.calls: list[list[int]] = []
        self.begun = asyncio.Event()
        self._bad, self._error = bad, error

    async def double(self, numbers: Sequence[int]) -> list[int]:
        self.calls.append(list(numbers))
        self.begun.set()
        await asyncio.sleep(0)
        if self._error and self._bad in numbers:
            raise self._error
        return [2 * number for number in numbers]


async def _all(store: Store, numbers: Sequence[int]) -> list[int | BaseException]:
    together = Together(store.double)
    return await asyncio.gather(*(together(number) for number in numbers), return_exceptions=True)


def test_what_comes_while_a_call_is_under_way_is_made_by_the_next_one() -> None:
    async def story(store: Store) -> list[int]:
        together = Together(store.double)
        first = asyncio.create_task(together(1))
        await store.begun.wait()
        return [*await asyncio.gather(together(2), together(3)), await first]

    store = Store()
    assert asyncio.run(story(store)) == [4, 6, 2]
    assert store.calls == [[1], [2, 3]]


def test_an_item_that_the_store_does_not_take_is_nobody_elses_trouble() -> None:
    refusal = StoreRefuses("The database does not take a value.")
    assert asyncio.run(_all(Store(2, refusal), [1, 2, 3])) == [2, refusal, 6]


def test_a_store_that_is_away_is_told_to_all_at_once() -> None:
    store = Store(2, away := StoreUnavailable("The database does not answer."))
    assert asyncio.run(_all(store, [1, 2, 3])) == [away] * 3
    assert len(store.calls) == 1


def test_no_call_takes_more_than_a_hundred() -> None:
    store = Store()
    assert asyncio.run(_all(store, range(250))) == [2 * number for number in range(250)]
    assert [len(call) for call in store.calls] == [100, 100, 50]


def test_who_was_cancelled_while_it_waited_is_left_out_and_stops_nobody() -> None:
    async def story(store: Store) -> int:
        together = Together(store.double)
        gone, stays = asyncio.create_task(together(1)), asyncio.create_task(together(2))
        await asyncio.sleep(0)
        gone.cancel()
        with pytest.raises(asyncio.CancelledError):
            await gone
        return await stays

    store = Store()
    assert asyncio.run(story(store)) == 4
    assert [1] not in store.calls
