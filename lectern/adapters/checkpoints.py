"""LangGraph's own checkpointer on SQLite, in a file of its own."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import aiosqlite
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

_PRAGMAS = "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA busy_timeout=10000;"


@asynccontextmanager
async def open_sqlite_checkpointer(path: Path) -> AsyncIterator[BaseCheckpointSaver[Any]]:
    """Open the checkpointer on the running loop, and its file if there is none."""
    async with aiosqlite.connect(path) as connection:
        await connection.executescript(_PRAGMAS)
        saver = AsyncSqliteSaver(connection)
        await saver.setup()
        yield saver


def drop_checkpoints(path: Path, run_ids: Iterable[UUID]) -> None:
    """Delete the checkpoints of runs; blocks."""
    if path.exists():
        with SqliteSaver.from_conn_string(str(path)) as saver:
            for run_id in run_ids:
                saver.delete_thread(str(run_id))
