"""LangGraph's checkpointer on a file that is busy, damaged, or cannot be opened."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from langgraph.checkpoint.base import empty_checkpoint

from lectern.adapters.checkpoints import sqlite, sqlite_saver
from lectern.adapters.checkpoints.sqlite import open_sqlite_checkpointer
from lectern.engine.errors import StoreUnavailable
from tests.attempts import Runs

CONFIG = {"configurable": {"thread_id": "run", "checkpoint_ns": ""}}


async def test_a_checkpoint_comes_back(tmp_path: Path) -> None:
    async with open_sqlite_checkpointer(tmp_path / "c.sqlite3") as saver:
        await saver.aput(CONFIG, empty_checkpoint(), {}, {})
        assert await saver.aget_tuple(CONFIG)
        await saver.adelete_thread("run")
        assert await saver.aget_tuple(CONFIG) is None


async def test_a_busy_file_is_a_store_that_is_away_and_no_defect(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (sqlite, sqlite_saver):
        monkeypatch.setattr(module, "PRAGMAS", "PRAGMA journal_mode=WAL; PRAGMA busy_timeout=100;")
    path = tmp_path / "c.sqlite3"
    async with open_sqlite_checkpointer(path) as saver:
        holder = sqlite3.connect(path, isolation_level=None)
        holder.execute("BEGIN IMMEDIATE")
        try:
            with pytest.raises(StoreUnavailable, match="checkpoints"):
                await saver.aput(CONFIG, empty_checkpoint(), {}, {})
            with pytest.raises(StoreUnavailable):
                await saver.aput_writes(
                    {"configurable": {**CONFIG["configurable"], "checkpoint_id": "1"}}, [("a", 1)], "t"
                )
            with pytest.raises(StoreUnavailable):
                await saver.adelete_thread("run")
        finally:
            holder.close()
        await saver.aput(CONFIG, empty_checkpoint(), {}, {})


async def test_promise_6_a_busy_file_gives_an_attempt_another_try_whatever_it_writes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_saver, "PRAGMAS", "PRAGMA journal_mode=WAL; PRAGMA busy_timeout=100;")
    path, run_id = tmp_path / "c.sqlite3", uuid4()
    runs = Runs(lambda: open_sqlite_checkpointer(path))
    async with runs.open() as saver:
        attempt = await runs.claim(saver, run_id)
        named: Any = {"configurable": {"thread_id": str(run_id), "checkpoint_ns": "", "checkpoint_id": "1"}}
        with closing(sqlite3.connect(path, isolation_level=None)) as holder:
            holder.execute("BEGIN IMMEDIATE")
            for write in (
                attempt.put_under_claim({}, []),
                attempt.put_writes_under_claim(named, [("a", 1)], "t", ""),
                runs.claim(saver, run_id),
            ):
                with pytest.raises(StoreUnavailable, match="cannot be used"):
                    await write
            saver.forget(run_id)
            await saver.forget_now()  # retention's, then


async def test_a_damaged_file_is_set_aside_and_a_new_one_made(tmp_path: Path) -> None:
    path = tmp_path / "c.sqlite3"
    path.write_bytes(b"this is no database, however long it may be " * 200)
    async with open_sqlite_checkpointer(path) as saver:
        assert await saver.aget_tuple(CONFIG) is None
    assert (tmp_path / "c.sqlite3-set-aside").read_bytes().startswith(b"this is no database")


async def test_a_folder_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable, match="cannot be used"):
        async with open_sqlite_checkpointer(tmp_path / "no" / "c.sqlite3"):
            pass
