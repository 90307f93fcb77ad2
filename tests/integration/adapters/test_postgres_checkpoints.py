"""LangGraph's checkpointer on a PostgreSQL that is away, comes back, is silent, or was never prepared."""

import asyncio
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest
from langgraph.checkpoint.base import BaseCheckpointSaver, empty_checkpoint

from lectern.adapters.checkpoints import postgres_saver
from lectern.adapters.checkpoints.postgres import (
    CONNECTIONS,
    drop_postgres_checkpoints,
    is_prepared,
    open_postgres_checkpointer,
    prepare_postgres,
)
from lectern.engine.errors import StoreRefuses, StoreUnavailable
from tests.postgres import Server, database_of_its_own

CONFIG: Any = {"configurable": {"thread_id": "run", "checkpoint_ns": ""}}


@pytest.fixture
def empty(postgres_server: Server) -> Iterator[str]:
    with database_of_its_own(postgres_server.url) as url:
        yield url


@pytest.fixture
def prepared(empty: str) -> str:
    prepare_postgres(empty)
    return empty


async def _put(saver: BaseCheckpointSaver[Any], **values: Any) -> None:
    await saver.aput(CONFIG, {**empty_checkpoint(), "channel_values": values}, {}, {})


async def test_a_worker_that_outlives_the_server_goes_on_with_it(
    prepared: str, postgres_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_saver, "_CALL_SECONDS", 100)
    async with open_postgres_checkpointer(prepared) as saver:
        await _put(saver)
        postgres_server.stop()
        began = time.monotonic()
        try:
            with pytest.raises(StoreUnavailable, match="checkpoints"):
                await saver.aget_tuple(CONFIG)
            assert time.monotonic() - began < 60  # the pool gives up by itself, before the call's own 100
        finally:
            postgres_server.go()
        assert await saver.aget_tuple(CONFIG)


async def test_a_restart_between_two_calls_is_not_noticed(prepared: str, postgres_server: Server) -> None:
    async with open_postgres_checkpointer(prepared) as saver:
        await _put(saver)
        postgres_server.stop()
        postgres_server.go()
        assert await saver.aget_tuple(CONFIG)


async def test_a_worker_begins_while_the_server_is_away(prepared: str, postgres_server: Server) -> None:
    postgres_server.stop()
    try:
        began = time.monotonic()
        async with open_postgres_checkpointer(prepared) as saver:
            assert time.monotonic() - began < 20  # nobody waits for a first connection
            with pytest.raises(StoreUnavailable):
                await saver.aget_tuple(CONFIG)
            postgres_server.go()
            assert await saver.aget_tuple(CONFIG) is None
    finally:
        postgres_server.stop()
        postgres_server.go()


async def test_a_silent_server_is_given_up_and_used_again_when_it_speaks(
    prepared: str, postgres_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_postgres_checkpointer(prepared) as saver:
        await _put(saver)
        with postgres_server.frozen(), monkeypatch.context() as patch:
            patch.setattr(postgres_saver, "_CALL_SECONDS", 0.5)
            calls = (_put(saver), saver.aget_tuple(CONFIG), saver.adelete_thread("run"))
            errors = await asyncio.gather(*calls, return_exceptions=True)  # or for ever
        assert [type(error) for error in errors] == [StoreUnavailable] * 3
        assert await saver.aget_tuple(CONFIG)


async def test_tables_are_made_by_migrate_alone(empty: str) -> None:
    assert not is_prepared(empty)
    async with open_postgres_checkpointer(empty) as saver:
        with pytest.raises(StoreUnavailable, match="not prepared") as refused:
            await _put(saver)
        assert "manage.py migrate" in refused.value.hint
        prepare_postgres(empty)
        await _put(saver)
    assert is_prepared(empty)


def test_tables_of_an_earlier_version_are_not_enough_and_those_of_a_later_one_are(prepared: str) -> None:
    with psycopg.connect(prepared, autocommit=True) as connection:
        connection.execute("INSERT INTO checkpoint_migrations SELECT max(v) + 1 FROM checkpoint_migrations")
        assert is_prepared(prepared)
        connection.execute("DELETE FROM checkpoint_migrations WHERE v > 2")
        assert not is_prepared(prepared)


def test_several_migrates_at_once_prepare_one_database(empty: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(prepare_postgres, [empty] * 4))
    assert is_prepared(empty)


async def test_a_worker_holds_no_more_connections_than_it_says(prepared: str) -> None:
    async with open_postgres_checkpointer(prepared) as saver:
        await asyncio.gather(*(_put(saver) for _ in range(200)))
        with psycopg.connect(prepared) as connection:
            question = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            row = connection.execute(question).fetchone()
    assert row
    assert 1 < row[0] <= CONNECTIONS


async def test_a_call_that_waits_for_others_of_its_worker_is_not_given_up(
    prepared: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_saver, "_CALL_SECONDS", 2.0)
    async with open_postgres_checkpointer(prepared) as saver:
        calls = (saver._call(lambda: asyncio.sleep(0.7)) for _ in range(4 * CONNECTIONS))
        began = time.monotonic()
        await asyncio.gather(*calls)
        assert time.monotonic() - began > 2


async def test_a_value_that_it_does_not_take_is_not_tried_again(prepared: str) -> None:
    async with open_postgres_checkpointer(prepared) as saver:
        with pytest.raises(StoreRefuses):
            await _put(saver, answer="a NUL: \0")
        await _put(saver, answer="none")


def test_retention_is_told_that_the_server_is_away(prepared: str, postgres_server: Server) -> None:
    postgres_server.stop()
    try:
        with pytest.raises(StoreUnavailable):
            drop_postgres_checkpoints(prepared, [])
    finally:
        postgres_server.go()
