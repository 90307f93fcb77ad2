"""LangGraph's own checkpointer on SQLite, in a file of its own, with its driver's errors as ours.

Checkpoints save work; the rows are the truth. So a file that is no database any more is set aside, and runs that were
under way begin anew.
"""

import sqlite3
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, closing
from pathlib import Path
from uuid import UUID

import aiosqlite
from langgraph.checkpoint.sqlite import SqliteSaver

from lectern.adapters.checkpoints.sqlite_saver import CLAIMS, PRAGMAS, FileSaver, Writer, delete, mapped
from lectern.base.log import logger

log = logger(__name__)


@asynccontextmanager
async def open_sqlite_checkpointer(path: Path) -> AsyncIterator[FileSaver]:
    """Open the checkpointer on the running loop, and its file if there is none. Raises `StoreUnavailable`."""
    _set_aside_if_damaged(path)
    with mapped(path):
        connection = await aiosqlite.connect(path)
    try:
        with mapped(path):
            await connection.executescript(PRAGMAS)
            writer = Writer(path)
            await writer.open()
        try:
            saver = FileSaver(connection, path, writer)
            yield saver
            await saver.forget_now()
        finally:
            await writer.close()
    finally:
        await connection.close()


def drop_sqlite_checkpoints(path: Path, run_ids: Iterable[UUID]) -> None:
    """Delete the checkpoints of runs; blocks. Raises `StoreUnavailable`."""
    if path.exists():
        with mapped(path), SqliteSaver.from_conn_string(str(path)) as saver:
            saver.setup()
            saver.conn.executescript(CLAIMS)
            delete(saver, run_ids)
            saver.conn.commit()


def _set_aside_if_damaged(path: Path) -> None:
    """Look at the file before aiosqlite does, which leaves a thread behind when it cannot open one."""
    with mapped(path):
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
