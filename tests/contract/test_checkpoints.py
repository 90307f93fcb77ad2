"""What checkpoints promise, on SQLite and on PostgreSQL."""

import asyncio
from collections.abc import Callable, Iterable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from langgraph.checkpoint.base import BaseCheckpointSaver, Checkpoint, empty_checkpoint

from lectern.adapters.checkpoints.postgres import (
    drop_postgres_checkpoints,
    open_postgres_checkpointer,
    prepare_postgres,
)
from lectern.adapters.checkpoints.sqlite import drop_sqlite_checkpoints, open_sqlite_checkpointer


@dataclass(frozen=True)
class Place:
    """Where checkpoints are."""

    open: Callable[[], AbstractAsyncContextManager[BaseCheckpointSaver[Any]]]
    drop: Callable[[Iterable[UUID]], None]


@pytest.fixture(params=["sqlite", "postgres"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    if request.param == "sqlite":
        file = tmp_path / "checkpoints.sqlite3"
        return Place(partial(open_sqlite_checkpointer, file), partial(drop_sqlite_checkpoints, file))
    url = request.getfixturevalue("postgres_database")
    prepare_postgres(url)
    return Place(partial(open_postgres_checkpointer, url), partial(drop_postgres_checkpoints, url))


def _of(run_id: UUID, checkpoint_id: str | None = None) -> Any:
    named = {"checkpoint_id": checkpoint_id} if checkpoint_id else {}
    return {"configurable": {"thread_id": str(run_id), "checkpoint_ns": "", **named}}


def _checkpoint(**values: Any) -> tuple[Checkpoint, dict[str, Any]]:
    """A checkpoint with these values, and their versions."""
    versions: dict[str, Any] = dict.fromkeys(values, "1")
    return {**empty_checkpoint(), "channel_values": values, "channel_versions": versions}, versions


async def test_what_a_step_left_is_found_by_another_worker(place: Place) -> None:
    run_id, values = (
        uuid4(),
        {"question": "What is tea?", "passages": [{"text": "Tea is a drink.", "score": 0.5}]},
    )
    checkpoint, versions = _checkpoint(**values)
    async with place.open() as mine:
        await mine.aput(_of(run_id), checkpoint, {"step": 1}, versions)
        await mine.aput_writes(_of(run_id, checkpoint["id"]), [("answer", ["a drink"])], "task")
        async with place.open() as other:
            found = await other.aget_tuple(_of(run_id))
    assert found
    assert found.checkpoint["channel_values"] == values
    assert found.pending_writes == [("task", "answer", ["a drink"])]


async def test_of_several_checkpoints_the_newest_is_found(place: Place) -> None:
    run_id = uuid4()
    async with place.open() as saver:
        config = _of(run_id)
        for step in range(3):
            checkpoint, versions = _checkpoint(step=step)
            config = await saver.aput(config, checkpoint, {"step": step}, versions)
        found = await saver.aget_tuple(_of(run_id))
    assert found
    assert found.checkpoint["channel_values"] == {"step": 2}


async def test_an_ended_runs_checkpoints_go_and_no_others(place: Place) -> None:
    ended, other = uuid4(), uuid4()
    async with place.open() as saver:
        for run_id in (ended, other):
            checkpoint, versions = _checkpoint(words=["a"])
            await saver.aput(_of(run_id), checkpoint, {}, versions)
        await saver.adelete_thread(str(ended))
        assert await saver.aget_tuple(_of(ended)) is None
        assert await saver.aget_tuple(_of(other))


async def test_retention_drops_those_of_the_named_runs_alone(place: Place) -> None:
    old, other, unknown = uuid4(), uuid4(), uuid4()
    async with place.open() as saver:
        for run_id in (old, other):
            checkpoint, versions = _checkpoint(words=["a"])
            await saver.aput(_of(run_id), checkpoint, {}, versions)
        await asyncio.to_thread(place.drop, [old, unknown])
        assert await saver.aget_tuple(_of(old)) is None
        assert await saver.aget_tuple(_of(other))


async def test_many_runs_write_at_once_and_each_finds_its_own(place: Place) -> None:
    async def run(saver: BaseCheckpointSaver[Any]) -> bool:
        run_id = uuid4()
        checkpoint, versions = _checkpoint(mine=[str(run_id)])
        await saver.aput(_of(run_id), checkpoint, {}, versions)
        found = await saver.aget_tuple(_of(run_id))
        return found is not None and found.checkpoint["channel_values"] == {"mine": [str(run_id)]}

    async with place.open() as saver:
        assert all(await asyncio.gather(*(run(saver) for _ in range(100))))
