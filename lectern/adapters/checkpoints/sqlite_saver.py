"""LangGraph's saver on a SQLite file, and as an attempt sees it: checkpoint, writes and head under one claim.

The rows are in another file, and no transaction spans two. So the claim is kept here as well: an attempt after the first
one puts its own in the place of the one before, in the order of their numbers, before it reads; from then on nothing of
the one before is taken. What that one wrote until then is read, and was written under its claim.
"""

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import aiosqlite
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import ChannelVersions, Checkpoint, CheckpointMetadata
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

from lectern.adapters.checkpoints.mapped import MappedSaver
from lectern.engine.domain.run import Run
from lectern.engine.errors import StoreUnavailable
from lectern.engine.resuming import ROOT, AttemptSaver, Claim

T = TypeVar("T")

#: Seconds that a statement waits for another process's transaction.
BUSY_SECONDS = 10.0

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

    def __init__(self, connection: aiosqlite.Connection, path: Path) -> None:
        super().__init__(connection)
        self.path = path
        #: A connection has one transaction: what commits must not do so in the midst of another's.
        self.transaction = asyncio.Lock()

    async def attempt(self, run: Run, fingerprint: str) -> "SqliteAttempt":
        """Return the saver of a claimed run, after putting its claim in the place of the one before."""
        saver = SqliteAttempt(self, run, fingerprint)
        if run.attempt > 1:
            await saver.take()
            if not saver.resumes and run.fingerprint == fingerprint:  # begun by a version that kept no head
                newest = await self.aget_tuple(
                    {"configurable": {"thread_id": str(run.id), "checkpoint_ns": ROOT}}
                )
                saver.heads.update({ROOT: newest.checkpoint["id"]} if newest else {})
        return saver

    async def _delete(self, run_ids: Sequence[UUID]) -> None:
        threads = [(str(run_id),) for run_id in run_ids]

        async def delete() -> None:
            async with self.changing():
                for table in ("checkpoints", "writes", "lectern_claims"):
                    await self.conn.executemany(f"DELETE FROM {table} WHERE thread_id = ?", threads)  # noqa: S608  # a name of the three above

        with mapped(self.path):
            await delete()

    async def _call(self, call: Callable[[], Awaitable[T]]) -> T:
        with mapped(self.path):
            async with self.transaction:
                return await call()

    @asynccontextmanager
    async def changing(self) -> AsyncIterator[None]:
        """Run statements as one transaction; undone if one of them fails."""
        async with self.transaction:
            try:
                yield
                await self.conn.commit()
            except BaseException:
                await self.conn.rollback()
                raise


class SqliteAttempt(AttemptSaver, FileSaver):
    """The saver of one attempt."""

    def __init__(self, saver: FileSaver, run: Run, fingerprint: str) -> None:
        super().__init__(saver.conn, saver.path)
        assert run.token, "a claimed run has a token"
        self.lock, self.transaction, self.is_setup = saver.lock, saver.transaction, saver.is_setup
        self.claim = Claim(run_id=run.id, token=run.token, attempt=run.attempt, fingerprint=fingerprint)
        self.heads, self.turn = {}, asyncio.Lock()
        self._claimed = {"thread": str(run.id), "attempt": run.attempt, "token": str(run.token)}

    async def take(self) -> None:
        """Take the claim, and the heads that it comes with. Raises `StoreUnavailable` when a later attempt has it."""
        with mapped(self.path):
            async with self.changing():
                rows = await self.conn.execute_fetchall(_TAKE, self._claimed)
        for fingerprint, heads in rows:
            if fingerprint == self.claim.fingerprint:
                self.heads.update(json.loads(heads))
            return
        run_id = str(self.claim.run_id)
        raise StoreUnavailable(f"A later attempt of run {run_id} has its checkpoints.", run_id=run_id)

    async def put_under_claim(
        self,
        heads: Mapping[str, str],
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,
    ) -> bool:
        """Write a checkpoint and the heads in one transaction."""
        values = {"fingerprint": self.claim.fingerprint, "heads": json.dumps(heads)}
        put = partial(AsyncSqliteSaver.aput, self, config, checkpoint, metadata, new_versions)
        return await self._held(_MOVE_HEADS, values, put)

    async def put_writes_under_claim(
        self, config: RunnableConfig, writes: Sequence[tuple[str, Any]], task_id: str, task_path: str
    ) -> bool:
        """Write what a node returned, in the transaction that finds the claim."""
        put = partial(AsyncSqliteSaver.aput_writes, self, config, writes, task_id, task_path)
        return await self._held(_HOLD, {}, put)

    async def _held(
        self, claim: str, values: Mapping[str, str], put: Callable[[], Awaitable[object]]
    ) -> bool:
        """Write under the claim; LangGraph's saver commits both."""
        with mapped(self.path):
            async with self.changing():
                cursor = await self.conn.execute(claim, {**self._claimed, **values})
                if cursor.rowcount:
                    await put()
                return cursor.rowcount > 0


@contextmanager
def mapped(path: Path) -> Iterator[None]:
    """Map what the driver raises."""
    try:
        yield
    except (sqlite3.Error, OSError) as exc:
        hint = "Check the disk and who else holds the file; the run is tried again."
        raise StoreUnavailable(f"The checkpoints in {path} cannot be used: {exc}.", hint=hint) from exc
