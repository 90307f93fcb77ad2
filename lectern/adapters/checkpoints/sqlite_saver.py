"""LangGraph's saver on a SQLite file, and as an attempt sees it: checkpoint, writes and head under one claim.

The rows are in another file, and no transaction spans two. So the claim is kept here as well: an attempt after the first
one puts its own in the place of the one before, in the order of their numbers, before it reads; from then on nothing of
the one before is taken. What that one wrote until then is read, and was written under its claim.
"""

import asyncio
import json
import sqlite3
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import aiosqlite
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

from lectern.adapters.checkpoints.mapped import MappedSaver
from lectern.engine.domain.run import Run
from lectern.engine.errors import StoreUnavailable
from lectern.engine.resuming import ROOT, AttemptSaver, Claim, Put

T = TypeVar("T")

#: The last: how long a statement waits for another process's transaction, in ms.
PRAGMAS = "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA busy_timeout=10000;"
CLAIMS = """
CREATE TABLE IF NOT EXISTS lectern_claims (
    thread_id TEXT PRIMARY KEY, attempt INTEGER NOT NULL, token TEXT NOT NULL,
    fingerprint TEXT NOT NULL, heads TEXT NOT NULL
) WITHOUT ROWID;
"""
_TAKE = """
INSERT INTO lectern_claims VALUES (:thread, :attempt, :token, '', '{}')
ON CONFLICT (thread_id) DO UPDATE SET attempt = excluded.attempt, token = excluded.token
WHERE excluded.attempt >= attempt RETURNING fingerprint, heads
"""
#: Both insert for a run's first attempt, which takes no claim beforehand: there is nobody to take it from.
_MOVE_HEADS = """
INSERT INTO lectern_claims VALUES (:thread, :attempt, :token, :fingerprint, :heads)
ON CONFLICT (thread_id) DO UPDATE SET fingerprint = excluded.fingerprint, heads = excluded.heads
WHERE token = excluded.token
"""
_HOLD = """
INSERT INTO lectern_claims VALUES (:thread, :attempt, :token, '', '{}')
ON CONFLICT (thread_id) DO UPDATE SET token = excluded.token WHERE token = excluded.token
"""


class FileSaver(MappedSaver, AsyncSqliteSaver):
    """LangGraph's saver on one connection; a busy or full disk is a store that is away."""

    def __init__(self, connection: aiosqlite.Connection, path: Path, writer: "Writer") -> None:
        super().__init__(connection)
        self.path, self.writer = path, writer

    async def attempt(self, run: Run, fingerprint: str) -> "SqliteAttempt":
        """Return the saver of a claimed run, after putting its claim in the place of the one before."""
        saver = SqliteAttempt(self, run, fingerprint)
        if run.attempt > 1:
            await saver.take()
            if not saver.resumes and run.fingerprint == fingerprint:  # begun by a version that kept no head
                root: Any = {"configurable": {"thread_id": str(run.id), "checkpoint_ns": ROOT}}
                newest = await self.aget_tuple(root)
                saver.heads.update({ROOT: newest.checkpoint["id"]} if newest else {})
        return saver

    async def _delete(self, run_ids: Sequence[UUID]) -> None:
        with mapped(self.path):
            await self.writer.run(partial(delete, run_ids=run_ids))

    async def _call(self, call: Callable[[], Awaitable[T]]) -> T:
        with mapped(self.path):
            return await call()


class SqliteAttempt(AttemptSaver, FileSaver):
    """The saver of one attempt."""

    def __init__(self, saver: FileSaver, run: Run, fingerprint: str) -> None:
        super().__init__(saver.conn, saver.path, saver.writer)
        assert run.token, "a claimed run has a token"
        self.lock, self.is_setup = saver.lock, saver.is_setup
        claim = Claim(run_id=run.id, token=run.token, attempt=run.attempt, fingerprint=fingerprint)
        self.begin(claim, {})
        self._claimed = {"thread": str(run.id), "attempt": run.attempt, "token": str(run.token)}

    async def take(self) -> None:
        """Take the claim, and the heads that it comes with. Raises `StoreUnavailable` when a later attempt has it."""
        with mapped(self.path):
            taken = await self.writer.run(partial(_take, claimed=self._claimed))
        if taken is None:
            run_id = str(self.claim.run_id)
            raise StoreUnavailable(f"A later attempt of run {run_id} has its checkpoints.", run_id=run_id)
        fingerprint, heads = taken
        if fingerprint == self.claim.fingerprint:
            self.heads.update(json.loads(heads))

    async def put_under_claim(self, heads: Mapping[str, str], puts: Sequence[Put]) -> bool:
        """Write checkpoints and the heads in one transaction."""
        values = {"fingerprint": self.claim.fingerprint, "heads": json.dumps(heads), **self._claimed}

        def write(saver: SqliteSaver) -> None:
            for put in puts:
                saver.put(put.config, put.checkpoint, put.metadata, put.new_versions)

        with mapped(self.path):
            return await self.writer.run(partial(_put, _MOVE_HEADS, values, write))

    async def put_writes_under_claim(
        self, config: RunnableConfig, writes: Sequence[tuple[str, Any]], task_id: str, task_path: str
    ) -> bool:
        """Write what a node returned, in the transaction that finds the claim."""
        with mapped(self.path):
            put = partial(
                _put, _HOLD, self._claimed, lambda saver: saver.put_writes(config, writes, task_id, task_path)
            )
            return await self.writer.run(put)


class _Inside(SqliteSaver):
    """LangGraph's blocking saver within a transaction of ours: it commits nothing, not even after an error."""

    @contextmanager
    def cursor(self, transaction: bool = True) -> Iterator[sqlite3.Cursor]:
        """Give a cursor, and leave the commit to the transaction."""
        with super().cursor(transaction=False) as cursor:
            yield cursor


class Writer:
    """A connection for transactions, on a thread of its own: one visit there for each, where aiosqlite makes three."""

    def __init__(self, path: Path) -> None:
        self._path, self._thread = path, ThreadPoolExecutor(1, "lectern-checkpoints")

    async def open(self) -> None:
        """Connect, and make the table of claims."""

        def connect() -> SqliteSaver:
            connection = sqlite3.connect(self._path, isolation_level=None)
            connection.executescript(PRAGMAS + CLAIMS)
            saver = _Inside(connection)
            saver.setup()  # now: what it runs would end a transaction
            return saver

        self._saver = await asyncio.get_running_loop().run_in_executor(self._thread, connect)

    async def run(self, change: Callable[[SqliteSaver], T]) -> T:
        """Make a change as one transaction. It is made, too, when the caller is cancelled meanwhile."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._run, change)

    async def close(self) -> None:
        """Disconnect after the last change."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._saver.conn.close)
        self._thread.shutdown(wait=False)

    def _run(self, change: Callable[[SqliteSaver], T]) -> T:
        connection = self._saver.conn
        connection.execute("BEGIN IMMEDIATE")
        try:
            done = change(self._saver)
            connection.commit()
        except BaseException:
            connection.rollback()
            raise
        return done


def delete(saver: SqliteSaver, run_ids: Iterable[UUID]) -> None:
    """Delete all that is kept of these runs."""
    threads = [(str(run_id),) for run_id in run_ids]
    for table in ("checkpoints", "writes", "lectern_claims"):
        saver.conn.executemany(f"DELETE FROM {table} WHERE thread_id = ?", threads)  # noqa: S608  # one of these three names


def _take(saver: SqliteSaver, claimed: Mapping[str, object]) -> tuple[str, str] | None:
    rows = saver.conn.execute(_TAKE, claimed).fetchall()
    return rows[0] if rows else None


def _put(
    claim: str, values: Mapping[str, object], put: Callable[[SqliteSaver], object], saver: SqliteSaver
) -> bool:
    """Write under the claim."""
    held = saver.conn.execute(claim, values).rowcount > 0
    if held:
        put(saver)
    return held


@contextmanager
def mapped(path: Path) -> Iterator[None]:
    """Map what the driver raises."""
    try:
        yield
    except (sqlite3.Error, OSError) as exc:
        hint = "Check the disk and who else holds the file; the run is tried again."
        raise StoreUnavailable(f"The checkpoints in {path} cannot be used: {exc}.", hint=hint) from exc
