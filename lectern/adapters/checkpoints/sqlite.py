"""LangGraph's own checkpointer on SQLite, in a file of its own, with its driver's errors as ours.

Checkpoints save work; the rows are the truth. So a file that is no database any more is set aside, and runs that were
under way begin anew.
"""

import sqlite3
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import aiosqlite
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

from lectern.adapters.checkpoints.mapped import MappedSaver
from lectern.base.log import logger
from lectern.engine.errors import StoreUnavailable

log = logger(__name__)

_PRAGMAS = "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA busy_timeout=10000;"


@asynccontextmanager
async def open_sqlite_checkpointer(path: Path) -> AsyncIterator[BaseCheckpointSaver[Any]]:
    """Open the checkpointer on the running loop, and its file if there is none. Raises `StoreUnavailable`."""
    _set_aside_if_damaged(path)
    with _checkpoint_call(path):
        connection = await aiosqlite.connect(path)
    try:
        with _checkpoint_call(path):
            await connection.executescript(_PRAGMAS)
            saver = _Saver(connection, path)
            await saver.setup()
        yield saver
    finally:
        await connection.close()


class _Saver(MappedSaver, AsyncSqliteSaver):
    """LangGraph's saver on one connection; a busy or full disk is a store that is away."""

    def __init__(self, connection: aiosqlite.Connection, path: Path) -> None:
        super().__init__(connection)
        self._path = path

    @asynccontextmanager
    async def _call(self) -> AsyncIterator[None]:
        with _checkpoint_call(self._path):
            yield


def drop_sqlite_checkpoints(path: Path, run_ids: Iterable[UUID]) -> None:
    """Delete the checkpoints of runs; blocks. Raises `StoreUnavailable`."""
    if path.exists():
        with _checkpoint_call(path), SqliteSaver.from_conn_string(str(path)) as saver:
            for run_id in run_ids:
                saver.delete_thread(str(run_id))


@contextmanager
def _checkpoint_call(path: Path) -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, OSError) as exc:
        hint = "Check the disk and who else holds the file; the run is tried again."
        raise StoreUnavailable(f"The checkpoints in {path} cannot be used: {exc}.", hint=hint) from exc


def _set_aside_if_damaged(path: Path) -> None:
    """Look at the file before aiosqlite does, which leaves a thread behind when it cannot open one."""
    with _checkpoint_call(path):
        try:
            with closing(sqlite3.connect(path)) as connection:
                connection.execute("PRAGMA schema_version")
        except sqlite3.OperationalError:  # busy, or cannot be opened: not damaged
            raise
        except sqlite3.DatabaseError as exc:
            aside = path.with_name(f"{path.name}-set-aside")
            path.replace(aside)
            for rest in ("-wal", "-shm"):
                path.with_name(path.name + rest).unlink(missing_ok=True)
            log.error("checkpoints_set_aside", error=str(exc), file=str(aside))
