"""Reading how runs stand, for many at once."""

import asyncio
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from threading import Event
from typing import Any
from uuid import UUID, uuid4

import pytest

from lectern.engine.domain.run import RunStatus
from lectern.engine.domain.standing import Standing
from lectern.engine.errors import StoreUnavailable, UnknownRun
from lectern.entrypoints.shell.looking import Looks
from tests.waiting import until


def _standing(run_id: UUID) -> Standing:
    return Standing(
        id=run_id, status=RunStatus.RUNNING, step="", attempt=1, created_at=datetime.now(UTC), thread_key="",
        result_json=None, error="", retry_of="", position=None, ended_for=None,
    )  # fmt: skip


class Store:
    """Answers each read when it is let; remembers which runs were asked for."""

    def __init__(self, *missing: UUID) -> None:
        self.missing, self.asked = missing, list[set[UUID]]()
        self.let = Event()
        self.error: Exception | None = None

    def read(self, run_ids: Collection[UUID]) -> Mapping[UUID, Standing]:
        self.asked.append(set(run_ids))
        assert self.let.wait(60)
        if self.error:
            raise self.error
        return {run_id: _standing(run_id) for run_id in run_ids if run_id not in self.missing}


async def _begin(looks: Looks, run_ids: list[UUID]) -> "list[asyncio.Task[Standing]]":
    tasks = [asyncio.create_task(looks.look(run_id)) for run_id in run_ids]
    await asyncio.sleep(0)
    return tasks


async def test_who_asks_while_a_read_is_under_way_is_served_by_the_next_one_together_with_all_others() -> (
    None
):
    store, ids = Store(), [uuid4() for _ in range(50)]
    looks = Looks(store.read)
    first = await _begin(looks, ids[:1])
    await asyncio.to_thread(until, "the first is read", lambda: store.asked)
    others = await _begin(looks, [*ids[1:], *ids[1:]])
    store.let.set()
    told = await asyncio.gather(*first, *others)
    assert [standing.id for standing in told] == [ids[0], *ids[1:], *ids[1:]]
    assert store.asked == [{ids[0]}, set(ids[1:])]


async def test_an_unknown_run_is_told_to_those_who_asked_for_it_and_to_nobody_else() -> None:
    known, unknown = uuid4(), uuid4()
    store = Store(unknown)
    store.let.set()
    looks = Looks(store.read)
    told: list[Any] = await asyncio.gather(looks.look(known), looks.look(unknown), return_exceptions=True)
    assert told[0].id == known
    assert isinstance(told[1], UnknownRun)


async def test_a_failed_read_is_told_to_all_who_waited_and_the_next_look_reads_anew() -> None:
    store, run_id = Store(), uuid4()
    store.let.set()
    store.error = StoreUnavailable("Away.")
    looks = Looks(store.read)
    told = await asyncio.gather(looks.look(run_id), looks.look(run_id), return_exceptions=True)
    assert [type(error) for error in told] == [StoreUnavailable] * 2
    store.error = None
    assert (await looks.look(run_id)).id == run_id


async def test_a_client_that_goes_away_takes_nobody_with_it() -> None:
    store, run_id = Store(), uuid4()
    looks = Looks(store.read)
    gone, stays = await _begin(looks, [run_id, run_id])
    gone.cancel()
    store.let.set()
    assert (await stays).id == run_id
    with pytest.raises(asyncio.CancelledError):
        await gone


async def test_a_thousand_who_look_cost_a_few_statements() -> None:
    store = Store()
    store.let.set()
    looks = Looks(store.read)
    await asyncio.gather(*(looks.look(uuid4()) for _ in range(1000)))
    assert len(store.asked) <= 3
    assert max(map(len, store.asked)) <= 500
